from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from safeguard import Action, Category, Guard
from safeguard.page.browser_proxies import is_browser_proxy

REGISTER = "if ('serviceWorker' in navigator) navigator.serviceWorker.register('/sw.js', { scope: '/s/' });"
RENAMED = (
    REGISTER
    + "const settings = { prefix: '/go/', encodeUrl: text => "
    + "[...text].map((c, i) => String.fromCharCode(c.charCodeAt(0) ^ 2)).join('') };"
    + "location.href = settings.prefix + settings.encodeUrl(address.value);"
)

GOOD_TWINS = [
    REGISTER,  # any app that works offline
    REGISTER + "self.addEventListener('fetch', event => event.respondWith(caches.match(event.request)));",
    "const socket = new WebSocket('wss://chat.test/room/'); fetch('/api');",
    "const router = { prefix: '/blog/', routes: [] }; fetch(router.prefix)",
    "function xor(a, k) { return a.charCodeAt(0) ^ k } // lesson: the XOR cipher; fetch('/next')",
    "<p>A service worker stands between a page and the network. navigator.serviceWorker.register('/sw.js')</p>",
    "<p>Ultraviolet light, scramjet engines and bare feet: today's lessons.</p>",
    "encodeUrl: fetch(x)",
    "<p>Such proxies keep their settings in <code>__uv$config</code>; a school's filter knows them by it. fetch</p>",
    "<p>The package epoxy-transport has a new version.</p>",
]


@pytest.mark.parametrize(
    "source",
    [
        "<script src='/uv/uv.bundle.js'></script><script>fetch(__uv$config.prefix)</script>",
        "const { ScramjetController } = $scramjetLoadController();",
        "const connection = new BareMux.BareMuxConnection('/baremux/worker.js')",
        "<script src=rammerhead.js></script><script>location.href = prefix + new StrShuffler.shuffle(url)</script>",
        RENAMED,
        f"<html><script>{RENAMED}</script></html>",
    ],
)
def test_proxies_are_known(guard: Guard, source: str) -> None:
    assert is_browser_proxy(source)
    for kind in ("text/html", "text/javascript"):
        verdict = guard.check_page(source.encode(), content_type=kind)
        assert guard.decide(verdict).category is Category.BYPASS
        assert any(finding.source == "browser_proxies" for finding in verdict.findings)
        assert guard.decide(verdict, "staff").action is Action.ALLOW


@pytest.mark.parametrize("source", GOOD_TWINS)
def test_pages_that_do_one_of_these_things_are_not(guard: Guard, source: str) -> None:
    assert not is_browser_proxy(source)
    assert guard.decide(guard.check_page(source.encode(), content_type="text/html")).action is Action.ALLOW


@given(st.text(max_size=200))
def test_no_text_raises(text: str) -> None:
    assert not is_browser_proxy(text)
