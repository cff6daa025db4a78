from __future__ import annotations

import pytest

from proxy_addon.setup import is_own_address


@pytest.mark.parametrize(
    ("netloc", "own"),
    [
        ("127.0.0.1:8081", True),
        ("localhost:8081", True),
        ("127.0.0.1:8082", False),
        ("127.0.0.1", False),
        ("192.0.2.1:8081", False),
        ("school.test:8081", False),
        ("", False),
        ("[::1:8081", False),
    ],
)
def test_which_addresses_are_the_consoles(netloc: str, own: bool) -> None:
    assert is_own_address(netloc, 8081) is own
