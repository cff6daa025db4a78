from __future__ import annotations

import pytest

from safeguard.page.body import decode_text
from safeguard.page.charsets import decode_vietnamese

# Each letter beside its byte, written down from the standards by hand: not the tables that are tested.
TCVN3 = (
    "àB5 ảB6 ãB7 áB8 ạB9 ăA8 ằBB ẳBC ẵBD ắBE ặC6 âA9 ầC7 ẩC8 ẫC9 ấCA ậCB đAE èCC ẻCE "
    "ẽCF éD0 ẹD1 êAA ềD2 ểD3 ễD4 ếD5 ệD6 ìD7 ỉD8 ĩDC íDD ịDE òDF ỏE1 õE2 óE3 ọE4 ôAB "
    "ồE5 ổE6 ỗE7 ốE8 ộE9 ơAC ờEA ởEB ỡEC ớED ợEE ùEF ủF1 ũF2 úF3 ụF4 ưAD ừF5 ửF6 ữF7 "
    "ứF8 ựF9 ỳFA ỷFB ỹFC ýFD ỵFE ĂA1 ÂA2 ÊA3 ÔA4 ƠA5 ƯA6 ĐA7"
).split()
VISCII = "Ẳ02 ạD5 ậA7 ệAE ũFB ờB6 đF0 ĐD0 ừD7 ứD1 ợFE ếAA ýFD".split()


@pytest.mark.parametrize("pair", TCVN3)
def test_tcvn3(pair: str) -> None:
    assert decode_vietnamese(bytes.fromhex(pair[1:]), "tcvn3") == pair[0]


@pytest.mark.parametrize("pair", VISCII)
def test_viscii(pair: str) -> None:
    assert decode_vietnamese(bytes.fromhex(pair[1:]), "viscii") == pair[0]


def test_they_are_used_where_they_are_declared() -> None:
    assert decode_text(b"C\xea b\xb9c", "text/html; charset=TCVN3") == "Cờ bạc"
    assert decode_text(b"<meta charset=viscii>C\xb6 b\xd5c", "text/html") == "<meta charset=viscii>Cờ bạc"
    assert decode_vietnamese(b"x", "utf-8") is None


@pytest.mark.parametrize("label", ["tcvn3", "viscii"])
def test_every_byte_is_something(label: str) -> None:
    text = decode_vietnamese(bytes(range(256)), label)
    assert text is not None
    assert len(text) >= 250
