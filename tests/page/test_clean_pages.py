"""Real pages that harm nobody must open: saved web pages, and the Vietnamese help of LibreOffice."""

from __future__ import annotations

from pathlib import Path

import pytest
from components import require_folder

from safeguard import Action, Guard

DATA = Path(__file__).parents[2].parent / "shared" / "data" / "pages" / "readability"
HELP = Path("/usr/share/libreoffice/help/vi")  # Debian: libreoffice-help-vi
MOST = 0.001  # of them may be stopped


def stopped(guard: Guard, folder: Path) -> tuple[list[str], int]:
    pages = sorted(folder.rglob("*.html"))
    names = [
        page.name
        for page in pages
        if guard.decide(guard.check_page(page.read_bytes(), content_type="text/html")).action is not Action.ALLOW
    ]
    return names, len(pages)


def test_a_help_opens(guard: Guard) -> None:
    require_folder(HELP)
    names, pages = stopped(guard, HELP)
    assert pages > 2000
    assert len(names) <= MOST * pages, names


def test_saved_pages_open(guard: Guard) -> None:
    if not DATA.is_dir():  # third-party pages, which are no part of this repository
        pytest.skip(f"{DATA} is absent")
    names, pages = stopped(guard, DATA)
    assert pages > 100
    assert len(names) <= MOST * pages, names
