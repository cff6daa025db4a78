"""The try site ``http://try.safeguard.test/``: harmless pages that show the filter at work.

The name exists only behind the filter (RFC 6761 reserves ``.test``), so a page that opens also proves that the device
goes through it. For every category and language there is a *probe*, which should be stopped, and its *twin*, a good
page with the same words, which should open. What is answered here is judged like a server's answer. Categories that no
words can show are stopped by their host, which the seed list of addresses names.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qs, urlsplit

from safeguard.errors import DataError
from safeguard.pages import LANGUAGES, PageMaker, accepted_language, texts
from safeguard.resources import load_toml, rules_dir
from safeguard.taxonomy import Category, taxonomy
from safeguard.web.messages import Reply, header

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from safeguard.web.messages import Request

TRY_HOST: Final = "try.safeguard.test"
_PAGES: Final = PageMaker("safeguard.web")
_STYLE: Final = "try.css"
_KINDS: Final = ("probe", "twin")


@dataclass(frozen=True, slots=True)
class Sample:
    """One page of the try site."""

    title: str
    paragraphs: tuple[str, ...]


@cache
def samples(language: str) -> Mapping[tuple[Category, str], Sample]:
    """The pages in one language, by category and kind (``probe`` or ``twin``).

    Raises:
        DataError: ``rules/probes/<language>.toml`` lacks one.
    """
    path = rules_dir() / "probes" / f"{language}.toml"
    table = load_toml(path)
    try:
        return {
            (category, kind): Sample(entry["title"], tuple(entry["text"].strip().split("\n\n")))
            for category in Category
            for kind in _KINDS
            for entry in (table[category.value][kind],)
        }
    except KeyError as error:
        raise DataError(f"{path} has no {error.args[0]}") from error


def probe_host(category: Category) -> str:
    """The host of a category's probe: one of its own where only the address can show the category."""
    if taxonomy()[category].text_model:
        return TRY_HOST
    return f"{category.value.replace('_', '-')}.{TRY_HOST}"


class ProbeSite:
    """Answers for the try site.

    Args:
        ca: gives the certificate (PEM) that devices have to trust; ``None`` where there is none to offer.
        console: the console's address (``http://host:port``), for the link to the instructions.
    """

    def __init__(self, ca: Callable[[], bytes] | None = None, console: str | None = None) -> None:
        self._ca = ca
        self._console = console

    def reply(self, request: Request) -> Reply | None:
        """The page asked for; ``None`` where the host is not the try site's."""
        address = urlsplit(request.url)
        host = (address.hostname or "").rstrip(".")
        if host != TRY_HOST and not host.endswith("." + TRY_HOST):
            return None
        if request.method not in ("GET", "HEAD"):
            return Reply(405, (("Allow", "GET, HEAD"), ("Cache-Control", "no-store")), b"")
        reply = self._page(request, address.path, address.query)
        return Reply(reply.status, reply.headers, b"") if request.method == "HEAD" else reply

    def _page(self, request: Request, path: str, query: str) -> Reply:
        asked = parse_qs(query).get("lang", [""])[0]
        language = asked if asked in LANGUAGES else accepted_language(header(request.headers, "Accept-Language"))
        match path.removeprefix("/").split("/"):
            case [""]:
                return self._index(language)
            case ["ca.pem"] if self._ca is not None:
                headers = (
                    ("Content-Type", "application/x-x509-ca-cert"),
                    ("Content-Disposition", 'attachment; filename="safeguard-ca.pem"'),
                    ("Cache-Control", "no-store"),
                    ("X-Content-Type-Options", "nosniff"),
                )
                return Reply(200, headers, self._ca())
            case [kind, code, name] if kind in _KINDS and code in LANGUAGES and name in set(Category):
                sample = samples(code)[Category(name), kind]
                return _sample(200, code, sample, texts("try", code)[f"{kind}_note"])
            case _:
                text = texts("try", language)
                return _sample(404, language, Sample(text["missing_title"], (text["missing"],)))

    def _index(self, language: str) -> Reply:
        cards = [
            {
                "id": category.value,
                "name": info.name[language],
                "by_address": not info.text_model,
                "probe": {code: f"http://{probe_host(category)}/probe/{code}/{category}" for code in LANGUAGES},
                "twin": {code: f"/twin/{code}/{category}" for code in LANGUAGES},
            }
            for category, info in taxonomy().items()
        ]
        body = _PAGES.render(
            "try_index.html.j2",
            language=language,
            languages=LANGUAGES,
            text=texts("try", language),
            cards=cards,
            has_ca=self._ca is not None,
            console=self._console,
        )
        return Reply(200, _PAGES.headers(language, style=_STYLE), body)


def _sample(status: int, language: str, sample: Sample, note: str = "") -> Reply:
    body = _PAGES.render(
        "try_sample.html.j2",
        language=language,
        title=sample.title,
        paragraphs=sample.paragraphs,
        note=note,
        text=texts("try", language),
        home=f"http://{TRY_HOST}/?lang={language}",
    )
    return Reply(status, _PAGES.headers(language, style=_STYLE), body)
