"""Real pages that harm nobody must open: saved web pages, and the Vietnamese help of LibreOffice."""

from __future__ import annotations

from pathlib import Path

import pytest

from safeguard import Action, Guard

DATA = Path(__file__).parents[2].parent / "shared" / "data" / "pages" / "readability"
HELP = Path("/usr/share/libreoffice/help/vi")  # Debian: libreoffice-help-vi
MOST = 0.001  # of them may be stopped


@pytest.mark.parametrize("folder", [DATA, HELP], ids=["saved pages", "LibreOffice help"])
def test_clean_pages_open(guard: Guard, folder: Path) -> None:
    pages = sorted(folder.rglob("*.html"))
    if not pages:
        pytest.skip(f"{folder} is absent")
    stopped = [
        page.name
        for page in pages
        if guard.decide(guard.check_page(page.read_bytes(), content_type="text/html")).action is not Action.ALLOW
    ]
    assert len(stopped) <= MOST * len(pages), stopped
