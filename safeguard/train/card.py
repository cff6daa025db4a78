"""The model card: what the model is for, what it was made from, and what was measured, written from the numbers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from safeguard.taxonomy import Category, taxonomy
from safeguard.text.language import LANGUAGES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from safeguard.train.evaluate import Evaluation, Share

_NAMES: Final = {"vi": "Vietnamese", "en": "English"}
_RECALL: Final = 0.90  # of every category but these
_RECALL_OF: Final = {
    (Category.SEXUAL, "vi"): 0.98,
    (Category.SEXUAL, "en"): 0.98,
    (Category.GAMBLING, "vi"): 0.97,
}
_NEAR: Final = 0.005
_ORDINARY: Final = 0.0002
_CIVIC_WARNED: Final = 0.01
_LOSS: Final = 0.05
_GAP: Final = 0.01
_SHIFT: Final = 0.05
_ERROR: Final = 0.03
_PAGE_MS: Final = 1.0
_BATCH: Final = 15.0
_COMMENTS: Final = 50_000.0


@dataclass(frozen=True, slots=True)
class Gate:
    """A number that a release should reach."""

    what: str
    wanted: str
    measured: str
    reached: bool


def gates(evaluation: Evaluation) -> tuple[Gate, ...]:
    """Every number that a release should reach, with what was measured."""
    return tuple(_gates(evaluation))


def _gates(evaluation: Evaluation) -> Iterator[Gate]:
    info = taxonomy()
    for cell in evaluation.cells:
        name = f"{info[cell.category].name['en']}, {_NAMES[cell.language]}"
        wanted = _RECALL_OF.get((cell.category, cell.language), _RECALL)
        yield Gate(f"recall: {name}", f"≥ {wanted:.0%}", _percent(cell.recall), cell.recall.value >= wanted)
        yield Gate(f"false positives near it: {name}", f"≤ {_NEAR:.1%}", _percent(cell.near), cell.near.value <= _NEAR)
        yield Gate(f"calibration error: {name}", f"≤ {_ERROR}", f"{cell.error:.3f}", cell.error <= _ERROR)
    for language in LANGUAGES:
        name = _NAMES[language]
        stopped, _ = evaluation.far[language]["ordinary"]
        yield Gate(f"ordinary texts: {name}", f"≤ {_ORDINARY:.2%}", _percent(stopped), stopped.value <= _ORDINARY)
        stopped, blocked = evaluation.far[language]["civic"]
        yield Gate(f"civic texts blocked: {name}", "0", str(blocked.hits), blocked.hits == 0)
        yield Gate(
            f"civic texts stopped: {name}", f"≤ {_CIVIC_WARNED:.0%}", _percent(stopped), stopped.value <= _CIVIC_WARNED
        )
        for attack, share in evaluation.robustness[language].items():
            loss = evaluation.plain[language].value - share.value
            yield Gate(f"recall lost, {attack}: {name}", f"≤ {100 * _LOSS:.0f} points", _points(loss), loss <= _LOSS)
        bias = evaluation.bias[language]
        yield Gate(
            f"gap between groups: {name}", f"≤ {100 * _GAP:.0f} point", _points(bias["gap"]), bias["gap"] <= _GAP
        )
        shift = bias["shift_max"]
        yield Gate(f"largest shift of a score: {name}", f"≤ {_SHIFT}", f"{shift:.3f}", shift <= _SHIFT)
    speed = evaluation.speed
    for what, key, wanted, most in (
        ("CPU ms for 6 KB", "page_ms", _PAGE_MS, True),
        ("MB a second in batches", "batch_mb_s", _BATCH, False),
        ("comments of 80 characters a second", "comments_s", _COMMENTS, False),
    ):
        value = speed[key]
        reached = value <= wanted if most else value >= wanted
        yield Gate(what, f"{'≤' if most else '≥'} {wanted:,g}", f"{value:,.3g}", reached)


def write_card(evaluation: Evaluation, manifest: dict[str, Any]) -> str:
    """The model card as Markdown."""
    info = taxonomy()
    lines = [
        "# Model card: the text model of safeguard",
        "",
        "Written by `safeguard evaluate`; do not edit.",
        "",
        (
            "**What it is.** A linear model over hashed n-grams of folded text (`safeguard/text/features.py`), with a "
            "logistic calibration per category and language that also takes the phrase packs into account. It gives a "
            "probability for each of the categories in `rules/categories.toml` that text can show."
        ),
        "",
        (
            "**What it is for.** To help schools and families keep harmful pages and messages away from children, in "
            "Vietnamese and English, together with a policy that a person has set. Not for punishing "
            "anyone, not for other "
            "languages, not for judging persons."
        ),
        "",
        f"**What it was made from.** Version {manifest['version']}: {manifest['corpus']['texts']:,} texts in "
        f"{manifest['corpus']['samples']:,} typed forms. The texts of `models/corpus` are synthetic, written for this "
        "project; good comments of public data sets came beside them: "
        + (", ".join(sorted(manifest["corpus"]["sources"])) or "none")
        + ". Identity, politics, religion and news are no categories and no labels.",
        "",
        (
            "**How it was measured.** On `models/validation`: texts written by other hands, that "
            "training never saw and "
            f"that are no near-duplicates of the corpus; judged as a text of unknown language under the profile "
            f"`{evaluation.profile}`. *Caught*: harmful texts that are blocked or warned about. "
            "*Wrongly stopped*: good "
            "texts on the very same subject (warnings, news, lessons, calls for help) that are. "
            "Brackets: 95 % intervals. "
            "The texts are synthetic as well: real pages differ, and the cells are small."
        ),
        "",
    ]
    for language in LANGUAGES:
        lines += [
            f"## {_NAMES[language]}",
            "",
            "| category | caught | by its own name | wrongly stopped, near it | calibration error |",
            "|---|---:|---:|---:|---:|",
        ]
        lines += [
            f"| {info[cell.category].name['en']} | {_interval(cell.recall)} | {_percent(cell.named)} "
            f"| {_interval(cell.near)} | {cell.error:.3f} |"
            for cell in evaluation.cells
            if cell.language == language
        ]
        near = [cell for cell in evaluation.cells if cell.language == language]
        hits, of = sum(cell.near.hits for cell in near), sum(cell.near.of for cell in near)
        lines += [
            (
                f"| **all** | **{_interval(evaluation.plain[language])}** | | **{100 * hits / of:.1f} "
                f"%** ({hits} of {of}) "
                f"| {sum(cell.error for cell in near) / len(near):.3f} |"
            ),
            "",
        ]
        for kind, (stopped, blocked) in evaluation.far[language].items():
            lines.append(
                f"- {kind} texts stopped: {stopped.hits} of {stopped.of} ({_interval(stopped)}), "
                f"blocked: {blocked.hits}"
            )
        lines.append("")
    lines += ["## Disguises", "", "Recall over all harmful texts when they are disguised (points lost).", ""]
    lines += ["| disguise | Vietnamese | English |", "|---|---:|---:|"]
    names = dict.fromkeys(name for language in LANGUAGES for name in evaluation.robustness[language])
    plain = " | ".join(_percent(evaluation.plain[language]) for language in LANGUAGES)
    lines.append(f"| as written | {plain} |")
    for name in names:
        cells = []
        for language in LANGUAGES:
            share = evaluation.robustness[language].get(name)
            if share is None:
                cells.append("")
            else:
                lost = evaluation.plain[language].value - share.value
                cells.append(f"{_percent(share)} ({100 * lost:+.1f})")
        lines.append(f"| {name} | {' | '.join(cells)} |")
    lines += [
        "",
        "## Fairness",
        "",
        "Harmless sentences in which only the group changes (`models/validation/bias.toml`).",
        "",
        "| | sentences | stopped | gap between groups | shift of a score: mean | 95 % | largest |",
        "|---|---:|---:|---:|---:|---:|---:|",
    ]
    for language in LANGUAGES:
        bias = evaluation.bias[language]
        lines.append(
            f"| {_NAMES[language]} | {bias['sentences']:.0f} | {bias['stopped']:.0f} | {_points(bias['gap'])} | "
            f"{bias['shift_mean']:.3f} | {bias['shift_95']:.3f} | {bias['shift_max']:.3f} |"
        )
    speed = evaluation.speed
    lines += [
        "",
        "## Cost",
        "",
        (
            f"On the machine that wrote this card, one thread: {speed['page_ms']:.2f} ms CPU for a text of 6 KB, "
            f"{speed['batch_mb_s']:.1f} MB a second in batches, {speed['comments_s']:,.0f} comments of 80 characters a "
            "second."
        ),
        "",
        "## What a release should reach, and does not yet",
        "",
        "| number | wanted | measured |",
        "|---|---:|---:|",
    ]
    all_gates = gates(evaluation)
    missed = [gate for gate in all_gates if not gate.reached]
    lines += [f"| {gate.what} | {gate.wanted} | {gate.measured} |" for gate in missed]
    lines += ["", f"{len(all_gates) - len(missed)} of {len(all_gates)} numbers are reached.", ""]
    return "\n".join(lines)


def _percent(share: Share) -> str:
    return f"{100 * share.value:.1f} %"


def _interval(share: Share) -> str:
    low, high = share.interval
    return f"{100 * share.value:.1f} % [{100 * low:.0f}–{100 * high:.0f}]"


def _points(value: float) -> str:
    return f"{100 * value:.1f} points"
