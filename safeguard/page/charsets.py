"""Vietnamese code pages from before Unicode that neither Python nor browsers know: VISCII and TCVN3.

Old pages still declare them, and tools or fonts show them. The tables are those of RFC 1456 (VISCII 1.1) and of the
standard TCVN 5712:1993 (VN1, whose upper half is what "TCVN3" or "ABC" fonts use).
"""

from __future__ import annotations

import unicodedata
from typing import Final

_VISCII_LOW: Final = {0x02: "Ẳ", 0x05: "Ẵ", 0x06: "Ẫ", 0x14: "Ỷ", 0x19: "Ỹ", 0x1E: "Ỵ"}
_VISCII_HIGH: Final = (
    "ẠẮẰẶẤẦẨẬẼẸẾỀỂỄỆỐỒỔỖỘỢỚỜỞỊỎỌỈỦŨỤỲ"
    "ÕắằặấầẩậẽẹếềểễệốồổỗỠƠộờởịỰỨỪỬơớƯ"
    "ÀÁÂÃẢĂẳẵÈÉÊẺÌÍĨỳĐứÒÓÔạỷừửÙÚỹỵÝỡư"
    "àáâãảăữẫèéêẻìíĩỉđựòóôõỏọụùúũủýợỮ"
)
_TCVN_LOW: Final = {
    0x01: "Ú",
    0x02: "Ụ",
    0x04: "Ừ",
    0x05: "Ử",
    0x06: "Ữ",
    0x11: "Ứ",
    0x12: "Ự",
    0x13: "Ỳ",
    0x14: "Ỷ",
    0x15: "Ỹ",
    0x16: "Ý",
    0x17: "Ỵ",
}
_TCVN_HIGH: Final = (
    "ÀẢÃÁẠẶẬÈẺẼÉẸỆÌỈĨÍỊÒỎÕÓỌỘỜỞỠỚỢÙỦŨ"
    "\u00a0ĂÂÊÔƠƯĐăâêôơưđẰ\u0300\u0309\u0303\u0301\u0323àảãáạẲằẳẵắẴ"
    "ẮẦẨẪẤỀặầẩẫấậèỂẻẽéẹềểễếệìỉỄẾỒĩíịò"
    "ỔỏõóọồổỗốộờởỡớợùỖủũúụừửữứựỳỷỹýỵỐ"
)


def _table(low: dict[int, str], high: str) -> tuple[str, ...]:
    return (*(low.get(code, chr(code)) for code in range(128)), *high)


_VISCII: Final = _table(_VISCII_LOW, _VISCII_HIGH)
_TCVN: Final = _table(_TCVN_LOW, _TCVN_HIGH)
_TABLES: Final = {
    "viscii": _VISCII, "csviscii": _VISCII, "viscii1.1-1": _VISCII,
    "tcvn": _TCVN, "tcvn3": _TCVN, "tcvn-5712": _TCVN, "tcvn5712-1": _TCVN, "tcvn5712-1:1993": _TCVN,
    "x-viet-tcvn5712": _TCVN, "x-viet-tcvn": _TCVN,
}  # fmt: skip


def decode_vietnamese(data: bytes, label: str) -> str | None:
    """The text of bytes in the code page of that (lower-case) name; ``None`` where it is none of these."""
    table = _TABLES.get(label)
    if table is None:
        return None
    return unicodedata.normalize("NFC", "".join(map(table.__getitem__, data)))
