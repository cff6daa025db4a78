"""Fetch a published list over HTTP, within bounds, and go on where an earlier attempt was cut (extra ``lists``)."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import httpx

from safeguard.errors import ListError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

MAX_BYTES: Final = 256 << 20  # as it comes over the wire; the largest published list has a tenth of it
SECONDS: Final = 300.0  # for one list
_WAIT: Final = httpx.Timeout(20.0)
_REDIRECTS: Final = 5


@dataclass(frozen=True, slots=True)
class Marks:
    """By what a server tells whether a list has changed."""

    etag: str = ""
    modified: str = ""


def fetch(
    url: str,
    target: Path,
    known: Marks,
    progress: Callable[[int, int | None], None] = lambda _done, _all: None,
    *,
    max_bytes: int = MAX_BYTES,
    seconds: float = SECONDS,
    verify: str | bool = True,
) -> Marks | None:
    """Fetch a list into a file.

    Args:
        target: the file; what is there of it (``.part`` beside it) is gone on with where the server agrees.
        known: the marks of the copy that is there already.
        progress: is told how many bytes have come, and of how many.
        verify: a file of authorities to trust instead of the system's.

    Returns:
        The new marks, or ``None`` where the list has not changed.

    Raises:
        ListError: it cannot be had, is too large or takes too long.
    """
    part = target.with_name(target.name + ".part")
    mark = target.with_name(target.name + ".part-of")
    headers = {"User-Agent": "safeguard", "Accept-Encoding": "identity"}
    begun = _begun(part, mark, url)
    if begun:
        headers |= {"Range": f"bytes={part.stat().st_size}-", "If-Range": begun}
    else:
        headers |= {
            name: value
            for name, value in (("If-None-Match", known.etag), ("If-Modified-Since", known.modified))
            if value
        }
    deadline = time.monotonic() + seconds
    try:
        with (
            httpx.Client(follow_redirects=True, max_redirects=_REDIRECTS, timeout=_WAIT, verify=verify) as client,
            client.stream("GET", url, headers=headers) as response,
        ):
            if response.status_code == httpx.codes.NOT_MODIFIED:
                return None
            if begun and response.status_code not in (httpx.codes.OK, httpx.codes.PARTIAL_CONTENT):
                part.unlink()  # what was begun cannot be gone on with; the next attempt begins anew
            if response.status_code not in (httpx.codes.OK, httpx.codes.PARTIAL_CONTENT):
                raise ListError(f"{url} answers {response.status_code}")
            if response.headers.get("content-type", "").partition(";")[0].strip().lower() == "text/html":
                raise ListError(f"{url} is a web page, not a list")
            goes_on = response.status_code == httpx.codes.PARTIAL_CONTENT
            done = part.stat().st_size if goes_on else 0
            if goes_on and not response.headers.get("content-range", "").startswith(f"bytes {done}-"):
                part.unlink()
                raise ListError(f"{url} sends another part than it was asked for")
            size = response.headers.get("content-length", "")
            total = done + int(size) if size.isdigit() else None
            if total is not None and total > max_bytes:
                raise ListError(f"{url} claims {total:,} bytes, more than a list may have")
            marks = Marks(response.headers.get("etag", ""), response.headers.get("last-modified", ""))
            strong = marks.etag if marks.etag and not marks.etag.startswith("W/") else marks.modified
            mark.write_text(f"{url}\n{strong}", encoding="utf-8")
            with part.open("ab" if goes_on else "wb") as file:
                for chunk in response.iter_raw():
                    done += len(chunk)
                    if done > max_bytes:
                        part.unlink()
                        raise ListError(f"{url} has more bytes than a list may have")
                    if time.monotonic() > deadline:
                        raise ListError(f"{url} takes longer than {seconds:.0f} seconds")
                    file.write(chunk)
                    progress(done, total)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise ListError(f"{url} cannot be fetched: {error or type(error).__name__}") from error
    except OSError as error:
        raise ListError(f"{target} cannot be written: {error.strerror or error}") from error
    mark.unlink()
    part.replace(target)
    return marks


def _begun(part: Path, mark: Path, url: str) -> str:
    """The mark of what has been fetched in part from that address; empty where that is nothing."""
    if not part.exists() or not mark.exists():
        return ""
    address, _, begun = mark.read_text(encoding="utf-8").partition("\n")
    return begun if address == url else ""
