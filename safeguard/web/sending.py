"""What a child is about to send: words to search for, forms, chat messages. Nothing of it is kept.

A search or a form that calls for help leads to a page with a helpline, and on from there. Before a phone number, a home
address or the name of a school goes to a site that is not known, the child is asked whether it should. What a page's
script sends cannot be answered with a page, so it goes on, and the advice waits for the next page of that site.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from io import BytesIO
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qsl, urlencode, urlsplit

import regex
from python_multipart import parse_form
from python_multipart.exceptions import FormParserError

from safeguard.errors import DataError
from safeguard.page.extract import parse_json
from safeguard.resources import load_toml, rules_dir
from safeguard.web.headers import is_navigation
from safeguard.web.messages import header

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from python_multipart.multipart import Field

    from safeguard.web.messages import Request

GO_ON: Final = "safeguard-go-on"  # the field that says that the child has been asked; it goes no further
MAX_FORM: Final = 4096  # bytes of a form that is held, to be answered here or looked at: people type no more
_MAX_QUERY: Final = 500  # characters
_MAX_FIELDS: Final = 100
_FORM: Final = "application/x-www-form-urlencoded"
_MULTIPART: Final = "multipart/form-data"
_READ: Final = frozenset({_FORM, _MULTIPART, "application/json", "text/plain"})

_PHONE: Final = regex.compile(r"(?<![\d.])(?:\+?84|0)[ .-]?[35789](?:[ .-]?\d){8}(?!\d)")
_DIGITS: Final = regex.compile(r"(?:\+?\d[ .()-]?){8,15}")
_PLACE: Final = regex.compile(
    r"\b(số nhà|ngõ|ngách|hẻm|kiệt|thôn|ấp|tổ dân phố|khu phố|đường|phường|xã|quận|huyện|street|avenue|apartment)\b",
    regex.IGNORECASE,
)
_SCHOOL: Final = regex.compile(
    r"\btrường (tiểu học|thcs|thpt|mầm non|trung học|mẫu giáo)\b|\b(primary|elementary|middle|high|secondary) school\b",
    regex.IGNORECASE,
)
_NAMES: Final = {
    "phone": regex.compile(
        r"phone|mobile|(^|[_-])(tel|sdt|zalo)($|[_-])|so_?dien_?thoai|dien_?thoai", regex.IGNORECASE
    ),
    "address": regex.compile(r"address(?!.*mail)|dia_?chi|street|(^|[_-])dc($|[_-])", regex.IGNORECASE),
    "school": regex.compile(r"school|truong|(^|[_-])lop($|[_-])", regex.IGNORECASE),
}


@cache
def _search_table() -> tuple[tuple[str, ...], Mapping[str, tuple[str, ...]]]:
    path = rules_dir() / "search.toml"
    table: dict[str, Any] = load_toml(path)
    try:
        return tuple(table["names"]), {host: tuple(names) for host, names in table["sites"].items()}
    except (KeyError, TypeError, AttributeError) as error:
        raise DataError(f"{path}: {error}") from error


def search_words(url: str) -> str:
    """What an address asks a search for; empty where it asks for nothing.

    >>> search_words("https://www.google.com/search?q=quang+h%E1%BB%A3p")
    'quang hợp'
    """
    parts = urlsplit(url)
    if "=" not in parts.query:
        return ""
    names, sites = _search_table()
    host = (parts.hostname or "").rstrip(".")
    for site, its_names in sites.items():
        if f".{host}".endswith(f".{site}"):
            names = (*its_names, *names)
    try:
        fields = dict(reversed(parse_qsl(parts.query, max_num_fields=_MAX_FIELDS)))
    except ValueError:
        return ""
    found = next((fields[name] for name in names if fields.get(name)), "")
    return found.replace("\0", "")[:_MAX_QUERY]


def is_read(request: Request) -> bool:
    """Whether a request sends what people may have typed, and little enough to be looked at before it goes.

    What a page's script sends to another site is not looked at: it reports what was shown more often than what was
    typed.
    """
    length = header(request.headers, "content-length")
    return (
        request.method in ("POST", "PUT", "PATCH")
        and _kind(request) in _READ
        and length.isascii()
        and length.isdigit()
        and 0 < int(length) <= MAX_FORM
        and (header(request.headers, "sec-fetch-site") != "cross-site" or is_navigation(request))
    )


def is_form(request: Request) -> bool:
    """Whether what a request sends is a form that a page can carry while it asks."""
    return request.method == "POST" and _kind(request) == _FORM


def _kind(request: Request) -> str:
    return header(request.headers, "content-type").partition(";")[0].strip().lower()


@dataclass(frozen=True, slots=True)
class Form:
    """What a form sends, field by field."""

    fields: tuple[tuple[str, str], ...]

    @property
    def is_confirmed(self) -> bool:
        """Whether the child has been asked and wants it sent."""
        return any(name == GO_ON for name, _ in self.fields)

    @property
    def words(self) -> str:
        """All that was typed."""
        return "\n".join(value.replace("\0", "") for name, value in self.fields if name != GO_ON and value.strip())

    def personal(self) -> tuple[str, ...]:
        """Which of ``phone``, ``address`` and ``school`` it tells."""
        found = set()
        for name, value in self.fields:
            if _PHONE.search(value) or (_NAMES["phone"].search(name) and _DIGITS.search(value)):
                found.add("phone")
            places = {place.lower() for place in _PLACE.findall(value)}
            if len(places) > 1 or (_NAMES["address"].search(name) and len(value.split()) > 2):
                found.add("address")
            if _SCHOOL.search(value) or (_NAMES["school"].search(name) and len(value.split()) > 1):
                found.add("school")
        return tuple(kind for kind in _NAMES if kind in found)

    def confirmed_body(self) -> bytes:
        """The form as the site should get it."""
        return urlencode([field for field in self.fields if field[0] != GO_ON]).encode()


def read_sent(request: Request) -> Form | None:
    """The fields of what a request sends; ``None`` where it cannot be read.

    Of JSON, the strings with their keys; of a form in parts, those that are no files.
    """
    match _kind(request):
        case kind if kind == _FORM:
            return read_form(request.body)
        case kind if kind == _MULTIPART:
            return _read_parts(request.body, header(request.headers, "content-type"))
    return read_message(request.body.decode("utf-8", "replace"))


def read_message(text: str) -> Form:
    """The fields of a message that a script sends: those of JSON, or the text itself."""
    try:
        value = parse_json(text)
    except ValueError:
        value = text
    return Form(tuple(_strings(value))[:_MAX_FIELDS])


def _strings(value: Any) -> Iterator[tuple[str, str]]:
    stack = [("", value)]
    while stack:
        key, item = stack.pop()
        if isinstance(item, str):
            yield key, item
        elif isinstance(item, dict):
            stack.extend(reversed(item.items()))
        elif isinstance(item, list):
            stack.extend((key, part) for part in reversed(item))


def _read_parts(body: bytes, content_type: str) -> Form | None:
    fields: list[tuple[str, str]] = []

    def take(field: Field) -> None:
        fields.append(
            ((field.field_name or b"").decode("utf-8", "replace"), (field.value or b"").decode("utf-8", "replace"))
        )

    try:
        parse_form({"Content-Type": content_type.encode("latin-1", "replace")}, BytesIO(body), take, None)
    except (FormParserError, ValueError):
        return None
    return Form(tuple(fields[:_MAX_FIELDS]))


def read_form(body: bytes) -> Form | None:
    """The fields of a posted form; ``None`` where it is none that can be read."""
    try:
        fields = parse_qsl(
            body.decode("ascii"), keep_blank_values=True, max_num_fields=_MAX_FIELDS, encoding="utf-8", errors="strict"
        )
    except ValueError:
        return None
    return Form(tuple(fields))
