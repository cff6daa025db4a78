"""How often good text that training never saw is stopped: the rate of false positives, by source and profile.

Usage: python benchmarks/clean_pages.py DATA, where DATA holds ``text/xquad_vi`` (encyclopaedia paragraphs, CC BY-SA
4.0) and ``pages/readability`` (saved web pages). The Vietnamese help of LibreOffice is judged too where Debian's
package ``libreoffice-help-vi`` is installed. Prints a Markdown table.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from pathlib import Path

from safeguard import Action, Guard, Verdict
from safeguard.train.variants import strip_accents

HELP = Path("/usr/share/libreoffice/help/vi")
PROFILES = ("primary", "lower_secondary", "upper_secondary", "staff")


def paragraphs(folder: Path, language: str) -> list[str]:
    (path,) = folder.glob(f"*.{language}.json")
    articles = json.loads(path.read_text(encoding="utf-8"))["data"]
    return [paragraph["context"] for article in articles for paragraph in article["paragraphs"]]


def row(guard: Guard, name: str, verdicts: list[Verdict]) -> str:
    cells = [name, str(len(verdicts))]
    for profile in PROFILES:
        decisions = [guard.decide(verdict, profile) for verdict in verdicts]
        stopped = Counter(str(d.category) for d in decisions if d.action in (Action.BLOCK, Action.WARN, Action.REDACT))
        cells.append(f"{stopped.total()} ({100 * stopped.total() / len(verdicts):.1f} %)")
    return "| " + " | ".join(cells) + " |"


def main() -> None:
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    data = Path(sys.argv[1])
    guard = Guard()
    vietnamese, english = (paragraphs(data / "text" / "xquad_vi", language) for language in ("vi", "en"))
    pages = sorted((data / "pages" / "readability").glob("*.html"))
    print("| source | texts |", " | ".join(f"stopped, {profile}" for profile in PROFILES), "|")
    print("|---|---:|" + "---:|" * len(PROFILES))
    print(row(guard, "encyclopaedia, Vietnamese", guard.check_texts(vietnamese)))
    print(row(guard, "the same without accents", guard.check_texts([strip_accents(text) for text in vietnamese])))
    print(row(guard, "encyclopaedia, English", guard.check_texts(english)))
    saved = [guard.check_page(page.read_bytes(), content_type="text/html") for page in pages]
    print(row(guard, "saved web pages", saved))
    if help_pages := sorted(HELP.rglob("*.html")):
        judged = [guard.check_page(page.read_bytes(), content_type="text/html") for page in help_pages]
        print(row(guard, "LibreOffice help, Vietnamese", judged))


if __name__ == "__main__":
    main()
