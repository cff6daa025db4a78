"""Small PDF documents, written by hand after ISO 32000-1."""

from __future__ import annotations

_PER_LINE = 12  # words


def pdf(*pages: str, password: bool = False) -> bytes:
    """A document of pages in ASCII; one that asks for a password where ``password`` says so."""
    objects = ["<</Type/Catalog/Pages 2 0 R>>", "", "<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>"]
    kids = []
    for text in pages:
        words = text.split()
        lines = [" ".join(words[first : first + _PER_LINE]) for first in range(0, len(words), _PER_LINE)]
        shown = "BT /F1 9 Tf 20 800 Td 11 TL " + " ".join(f"({line}) Tj T*" for line in lines) + " ET"
        kids.append(f"{len(objects) + 1} 0 R")
        resources = "<</Font<</F1 3 0 R>>>>"
        page = "<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Resources{}/Contents {} 0 R>>"
        objects.append(page.format(resources, len(objects) + 2))
        objects.append(f"<</Length {len(shown)}>>\nstream\n{shown}\nendstream")
    objects[1] = f"<</Type/Pages/Count {len(kids)}/Kids[{' '.join(kids)}]>>"
    more = ""
    if password:  # keys that fit no password, so that the empty one does not open it either
        key = "<" + "42" * 32 + ">"
        objects.append(f"<</Filter/Standard/V 1/R 2/O{key}/U{key}/P -4>>")
        more = f"/Encrypt {len(objects)} 0 R/ID[<{'00' * 16}><{'00' * 16}>]"
    written = "%PDF-1.4\n"
    places = []
    for number, content in enumerate(objects, start=1):
        places.append(len(written))
        written += f"{number} 0 obj\n{content}\nendobj\n"
    table = len(written)
    written += f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n" + "".join(
        f"{place:010} 00000 n \n" for place in places
    )
    written += f"trailer\n<</Size {len(objects) + 1}/Root 1 0 R{more}>>\nstartxref\n{table}\n%%EOF\n"
    return written.encode("ascii")
