"""What our own pages share, whoever serves them: templates, texts, language, and headers that keep them harmless.

Every page is one file: style, script and pictures are inline, so that nothing is fetched from anywhere and a page
looks right on an origin that is otherwise closed. The Content-Security-Policy names style and script by their hash.
"""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from typing import TYPE_CHECKING, Any, Final

import jinja2
from markupsafe import Markup

from safeguard.errors import DataError
from safeguard.resources import load_toml, rules_dir

if TYPE_CHECKING:
    from collections.abc import Mapping

LANGUAGES: Final = ("vi", "en")
HTML_TYPE: Final = "text/html; charset=utf-8"


class PageMaker:
    """Renders the templates of one package (its folder ``templates``). Safe to share between threads."""

    def __init__(self, package: str) -> None:
        self._loader = jinja2.PackageLoader(package)
        self._environment = jinja2.Environment(
            loader=self._loader,
            autoescape=True,
            undefined=jinja2.StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
        )
        self._assets: dict[str, Markup] = {}
        self._environment.globals["asset"] = self._asset

    def render(self, template: str, **values: Any) -> bytes:
        """A page as UTF-8. Values are escaped."""
        return self._environment.get_template(template).render(values).encode()

    def headers(
        self,
        language: str,
        *,
        style: str,
        script: str | None = None,
        frame_ancestors: str = "*",
        content_type: str = HTML_TYPE,
    ) -> tuple[tuple[str, str], ...]:
        """The headers of a page with these inline assets and nothing else. Whoever sends it adds Content-Length."""
        policy = ["default-src 'none'", f"style-src '{self._hash(style)}'"]
        if script is not None:
            policy.append(f"script-src '{self._hash(script)}'")
        policy += ["base-uri 'none'", "form-action 'self'", f"frame-ancestors {frame_ancestors}"]
        return (
            ("Content-Type", content_type),
            ("Content-Language", language),
            ("Cache-Control", "no-store"),
            ("Content-Security-Policy", "; ".join(policy)),
            ("Referrer-Policy", "same-origin"),
            ("Vary", "Accept-Language"),
            ("X-Content-Type-Options", "nosniff"),
        )

    def _asset(self, name: str) -> Markup:
        """A style or script beside the templates, as it stands inside its element."""
        if name not in self._assets:
            source = self._loader.get_source(self._environment, name)[0]
            self._assets[name] = Markup(source.strip())  # noqa: S704 - our own file
        return self._assets[name]

    def _hash(self, name: str) -> str:
        return "sha256-" + base64.b64encode(hashlib.sha256(self._asset(name).encode()).digest()).decode()


@cache
def texts(page: str, language: str) -> Mapping[str, Any]:
    """The texts of ``rules/pages/<page>.<language>.toml``.

    Raises:
        DataError: there is no such file, or it is not TOML.
    """
    if language not in LANGUAGES:
        raise DataError(f"there are no pages in {language!r}, only in {' and '.join(LANGUAGES)}")
    return load_toml(rules_dir() / "pages" / f"{page}.{language}.toml")


def accepted_language(accept_language: str, default: str = "vi") -> str:
    """``vi`` or ``en``: the one that an Accept-Language header likes better; ``default`` where it names neither.

    >>> accepted_language("fr, en-GB;q=0.8, vi;q=0.9")
    'vi'
    """
    best, best_quality = default, 0.0
    for item in accept_language.split(","):
        tag, _, parameters = item.partition(";")
        language = tag.strip().lower().partition("-")[0]
        if language in LANGUAGES and (quality := _quality(parameters)) > best_quality:
            best, best_quality = language, quality
    return best


def _quality(parameters: str) -> float:
    """The q-value 0..1 of one item of a header; 1 where there is none, 0 where it is no number."""
    name, _, value = parameters.strip().partition("=")
    if name.strip().lower() != "q":
        return 1.0
    try:
        quality = float(value)
    except ValueError:
        return 0.0
    return quality if 0 <= quality <= 1 else 0.0
