from __future__ import annotations

import logging
import sys

import pytest

from proxy_addon.quiet import QuietFormatter


def formatted(name: str, message: str, *arguments: object, error: BaseException | None = None) -> str:
    exc_info = (type(error), error, error.__traceback__) if error else None
    record = logging.LogRecord(name, logging.WARNING, "file.py", 1, message, arguments, exc_info)  # type: ignore[arg-type]
    return QuietFormatter().format(record)


@pytest.mark.parametrize(
    "message",
    [
        "Client TLS handshake failed. The client does not trust the proxy's certificate for secret.example.vn (x)",
        "connect 203.0.113.9:443: failed",
        "cannot open https://secret.example/path?q=1",
        "server connect [2001:db8::5]:443",
        "error for ::ffff:c000:280",
        "Cannot parse ClientHello: " + "1603010200010001fc0303" * 5,
        "GET\nsecret.example/",
        "host tiếng-việt.secret.vn",
        "The client does not trust the proxy's certificate for secret (tlsv1 alert unknown ca)",
    ],
)
def test_others_lines_lose_addresses(message: str) -> None:
    line = formatted("mitmproxy.proxy.server", message)
    for part in ("secret", "203.0", "2001", "c000", "160301", "\n"):
        assert part not in line
    assert "…" in line


def test_others_lines_keep_the_rest() -> None:
    line = formatted("mitmproxy", "Client TLS handshake failed. The client disconnected during the handshake.")
    assert line.endswith("Client TLS handshake failed. The client disconnected during the handshake.")


def test_our_lines_stay() -> None:
    assert formatted("safeguard.proxy", "it listens on %s", "127.0.0.1:8080").endswith("listens on 127.0.0.1:8080")


def test_an_exception_is_its_kind_and_place() -> None:
    try:
        raise ValueError("secret.example")
    except ValueError as error:
        line = formatted("mitmproxy", "mitmproxy has crashed!", error=error)
    assert "ValueError at test_quiet.py:" in line
    assert "secret" not in line
    assert sys.exc_info() == (None, None, None)
