"""Judge many things: lines of JSON, the files of a folder or the records of a web archive; in order, in parallel.

A bad item is answered with its error and the run goes on; what comes out is in the order of what came in.
"""

from __future__ import annotations

import itertools
import json
import mimetypes
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TextIO

import regex
from joblib import Parallel, delayed
from warcio.archiveiterator import ArchiveIterator
from warcio.bufferedreaders import ChunkedDataReader
from warcio.exceptions import ArchiveLoadFailed

from safeguard.errors import InputError, SafeguardError
from safeguard.guard import Guard

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from typing import BinaryIO

    from safeguard.text.explain import Explanation
    from safeguard.verdict import Decision, Verdict

Answer = dict[str, Any]

CHUNK: Final = 64  # items a worker takes at once: shares the cost of numpy calls, and progress still shows
MAX_ITEM: Final = 64 << 20  # bytes of one line, file or record
_SURROGATE: Final = regex.compile(r"\p{Cs}")
_KEYS: Final = ("text", "html", "url")


@dataclass(frozen=True, slots=True)
class Item:
    """One thing to judge, or the reason why there is none.

    Attributes:
        id: as the caller gave it; ``None`` where the line held none.
        fields: ``text``, ``html`` (str), ``body`` (bytes) with ``content_type``, ``url``, ``language``.
    """

    id: str | int | None
    fields: dict[str, Any] = field(default_factory=dict)
    error: str | None = None


def read_items(source: str, stdin: BinaryIO) -> Iterator[Item]:
    """The items of ``source``.

    Args:
        source: a JSONL file, a folder, a WARC file (``.warc``, ``.warc.gz``), or ``-`` for JSONL on ``stdin``.

    Raises:
        InputError: there is no such file or folder, or it cannot be read.
    """
    if source == "-":
        return _read_jsonl(stdin)
    path = Path(source)
    if path.is_dir():
        return _read_folder(path)
    try:
        file = path.open("rb")
    except OSError as error:
        raise InputError(f"cannot read {source}: {error.strerror}") from error
    return _read_warc(file) if path.name.endswith((".warc", ".warc.gz")) else _read_jsonl(file)


def scan(items: Iterable[Item], profile: str, jobs: int = 1) -> Iterator[Answer]:
    """Judge items and decide under a profile.

    Args:
        jobs: processes; each loads its own :class:`Guard`.

    Yields:
        For each item, in order, ``{"id", "action", "category", "scores", "findings", "reason"}`` or
        ``{"id"?, "error"}``.

    Raises:
        UnknownProfileError: there is no such profile.
    """
    _guard().policy.profile(profile)
    chunks = itertools.batched(items, CHUNK)
    if jobs == 1:
        answers: Iterable[list[Answer]] = (_judge_chunk(chunk, profile) for chunk in chunks)
    else:
        answers = Parallel(n_jobs=jobs, return_as="generator")(
            delayed(_judge_chunk)(chunk, profile) for chunk in chunks
        )
    return itertools.chain.from_iterable(answers)


def as_answer(verdict: Verdict, decision: Decision) -> Answer:
    """A verdict and its decision as a JSON object; text is not repeated, findings point into the caller's."""
    return {
        "action": decision.action.value,
        "category": decision.category.value if decision.category else None,
        "scores": {category.value: round(score, 4) for category, score in verdict.scores.items()},
        "findings": [
            {
                "category": finding.category.value,
                "score": round(finding.score, 4),
                "source": finding.source,
                "start": finding.start,
                "end": finding.end,
            }
            for finding in verdict.findings
        ],
        "reason": decision.reason,
    }


def as_explanation(explanation: Explanation) -> Answer:
    """An explanation as a JSON object; spans point into the caller's text."""
    return {
        "category": explanation.category.value,
        "base": round(explanation.base, 3),
        "phrases": round(explanation.phrase_weight, 3),
        "words": [
            {"weight": round(words.weight, 3), "start": words.start, "end": words.end} for words in explanation.words
        ],
        "ideas": [
            {"name": idea.name, "good": idea.good, "start": idea.start, "end": idea.end} for idea in explanation.ideas
        ],
    }


@cache
def _guard() -> Guard:
    return Guard.installed()


def _judge_chunk(items: Sequence[Item], profile: str) -> list[Answer]:
    verdicts: list[Verdict | None] = [None] * len(items)
    # Texts together, by language: that is where sharing the cost of a call pays.
    by_language: dict[str | None, list[int]] = {}
    for number, item in enumerate(items):
        if item.error is None and "text" in item.fields:
            by_language.setdefault(item.fields.get("language"), []).append(number)
    for language, numbers in by_language.items():
        try:
            together = _guard().check_texts([items[number].fields["text"] for number in numbers], language)
            for number, verdict in zip(numbers, together, strict=True):
                verdicts[number] = verdict
        except SafeguardError:
            continue  # one of them is bad: each is judged alone below
    return [_answer(item, verdict, profile) for item, verdict in zip(items, verdicts, strict=True)]


def _answer(item: Item, verdict: Verdict | None, profile: str) -> Answer:
    head: Answer = {} if item.id is None else {"id": item.id}
    if item.error is not None:
        return head | {"error": item.error}
    try:
        judged = verdict if verdict is not None else _judge(item.fields)
        return head | as_answer(judged, _guard().decide(judged, profile))
    except SafeguardError as error:
        return head | {"error": str(error)}


def _judge(fields: dict[str, Any]) -> Verdict:
    guard = _guard()
    language = fields.get("language")
    if "text" in fields:
        return guard.check_text(fields["text"], language)
    if "html" in fields:
        body = fields["html"].encode("utf-8", "replace")
        return guard.check_page(body, url=fields.get("url"), content_type="text/html; charset=utf-8", language=language)
    if "body" in fields:
        return guard.check_page(
            fields["body"],
            url=fields.get("url"),
            content_type=fields["content_type"],
            content_encoding=fields.get("content_encoding", ""),
        )
    return guard.check_url(fields["url"])


def _read_jsonl(file: BinaryIO) -> Iterator[Item]:
    with file:
        while line := file.readline(MAX_ITEM + 1):
            if len(line) > MAX_ITEM and not line.endswith(b"\n"):
                while (rest := file.readline(MAX_ITEM)) and not rest.endswith(b"\n"):
                    pass
                yield Item(None, error=f"the line is longer than {MAX_ITEM >> 20} MiB")
                continue
            yield _read_line(line)


def _read_line(line: bytes) -> Item:
    try:
        entry = json.loads(line)
    except UnicodeDecodeError as error:
        return Item(None, error=f"not UTF-8: {error.reason} at byte {error.start}")
    except json.JSONDecodeError as error:
        return Item(
            None, error=f"not JSON: {error.msg} at column {error.colno}" if line.strip() else "the line is empty"
        )
    except (ValueError, RecursionError):
        return Item(None, error="not JSON that can be read: nested too deep or a number too long")
    if not isinstance(entry, dict):
        return Item(None, error=f"not a JSON object but {type(entry).__name__}")
    identifier = entry.get("id")
    if isinstance(identifier, bool) or not isinstance(identifier, str | int):
        return Item(None, error="no id" if identifier is None else "the id is neither a string nor a whole number")
    given = [key for key in _KEYS if entry.get(key) is not None]
    if not given or {"text", "html"} <= set(given):
        return Item(identifier, error='one of "text", "html" and "url" is needed')
    for key in (*given, *(["language"] if entry.get("language") is not None else [])):
        if not isinstance(entry[key], str):
            return Item(identifier, error=f'"{key}" is not a string but {type(entry[key]).__name__}')
    return Item(identifier, {key: entry[key] for key in (*given, "language") if entry.get(key) is not None})


def _read_folder(folder: Path) -> Iterator[Item]:
    for path in sorted(folder.rglob("*")):
        if not path.is_file():
            continue
        name = path.relative_to(folder).as_posix()
        try:
            if path.stat().st_size > MAX_ITEM:
                yield Item(name, error=f"the file is larger than {MAX_ITEM >> 20} MiB")
                continue
            body = path.read_bytes()
        except OSError as error:
            yield Item(name, error=f"cannot read it: {error.strerror}")
            continue
        content_type, coding = mimetypes.guess_type(path.name)
        yield Item(name, {"body": body, "content_type": content_type or "", "content_encoding": coding or ""})


def _read_warc(file: BinaryIO) -> Iterator[Item]:
    with file:
        try:
            for record in ArchiveIterator(file):
                if record.rec_type not in ("response", "resource"):
                    continue
                url = record.rec_headers.get_header("WARC-Target-URI")
                identifier = record.rec_headers.get_header("WARC-Record-ID") or url
                headers = record.http_headers or record.rec_headers
                chunked = "chunked" in headers.get_header("Transfer-Encoding", "").lower()
                stream = ChunkedDataReader(record.raw_stream, decomp_type=None) if chunked else record.raw_stream
                body = _read_up_to(stream, MAX_ITEM + 1)
                if len(body) > MAX_ITEM:
                    yield Item(identifier, error=f"the record is larger than {MAX_ITEM >> 20} MiB")
                    continue
                fields = {
                    "body": body,
                    "content_type": headers.get_header("Content-Type", ""),
                    "content_encoding": headers.get_header("Content-Encoding", ""),
                }
                web = (url or "").startswith(("http://", "https://"))
                yield Item(identifier, fields | ({"url": url} if web else {}))
        except (ArchiveLoadFailed, OSError, EOFError) as error:
            yield Item(None, error=f"the archive cannot be read further: {error}")


def _read_up_to(stream: Any, size: int) -> bytes:
    """Read until the end or ``size`` bytes, from a reader whose reads may be short."""
    pieces = []
    while size > 0 and (piece := stream.read(size)):
        pieces.append(piece)
        size -= len(piece)
    return b"".join(pieces)


def write_answer(answer: Answer, out: TextIO) -> None:
    """One answer as one line of JSON."""
    line = json.dumps(answer, ensure_ascii=False)
    # An id with half of a surrogate pair cannot be written as UTF-8, but can be escaped.
    out.write((json.dumps(answer) if _SURROGATE.search(line) else line) + "\n")
