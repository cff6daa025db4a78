"""Read the text of PDF documents with PDFium, the engine that shows them in Chromium (extra ``pdf``).

A long document is a book, and a book that is cut off from a child is homework not done: of more than ``MAX_PAGES``
pages, that many are read, spread evenly from the first to the last.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from safeguard.page.segments import Role, Segment
from safeguard.verdict import Outcome

if TYPE_CHECKING:
    from collections.abc import Sequence

MAX_BYTES: Final = 16 << 20  # a larger document is a download like any other
MAX_PAGES: Final = 40  # that are read; each takes some milliseconds
_MAX_CHARACTERS: Final = 50_000  # of one page: more is no page that people read
_PASSWORD: Final = 4  # FPDF_ERR_PASSWORD (fpdfview.h)


def read_pdf(data: bytes) -> list[Segment] | Outcome:
    """The text of a document, page by page, or why there is none.

    Returns:
        One segment a page; or ``ENCRYPTED`` where it asks for a password, ``UNDECODABLE`` where it is damaged,
        ``NOT_SCANNABLE`` where it holds pictures only, is too large, or the extra ``pdf`` is not installed.
    """
    if len(data) > MAX_BYTES:
        return Outcome.NOT_SCANNABLE
    try:
        import pypdfium2
    except ImportError:
        return Outcome.NOT_SCANNABLE
    try:
        with pypdfium2.PdfDocument(data) as document:
            return _segments([_page_text(document, number) for number in _chosen(len(document))])
    except pypdfium2.PdfiumError as error:
        # A document without pages leaves the code of the last error standing, perhaps another document's.
        sealed = error.err_code == _PASSWORD and b"/Encrypt" in data
        return Outcome.ENCRYPTED if sealed else Outcome.UNDECODABLE


def _chosen(pages: int) -> Sequence[int]:
    """The numbers of the pages that are read."""
    if pages <= MAX_PAGES:
        return range(pages)
    return [number * (pages - 1) // (MAX_PAGES - 1) for number in range(MAX_PAGES)]


def _page_text(document: Any, number: int) -> str:
    page = document[number]
    text = page.get_textpage()
    try:
        shown: str = text.get_text_range(0, min(text.count_chars(), _MAX_CHARACTERS))
        return shown
    finally:
        text.close()
        page.close()


def _segments(texts: list[str]) -> list[Segment] | Outcome:
    segments = [Segment(" ".join(text.replace("\0", " ").split()), Role.BODY) for text in texts if text.strip()]
    return segments or Outcome.NOT_SCANNABLE
