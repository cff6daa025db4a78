"""The command line: every command parses its input, calls the library, and prints.

A mistake of the user gets one sentence on standard error and exit code 2.
"""

from __future__ import annotations

import json
import os
import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import regex
import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from safeguard import __version__, cli_lists, cli_policy
from safeguard.errors import InputError, MissingExtraError, SafeguardError
from safeguard.policy.profile import DEFAULT_PROFILE
from safeguard.taxonomy import taxonomy
from safeguard.verdict import Action

if TYPE_CHECKING:
    from safeguard.guard import Guard
    from safeguard.text.explain import Explanation
    from safeguard.verdict import Decision, Verdict

# What a mistake on the command line raises: Typer brings its own copy of click and names only the leaves.
_UsageError: Final[type[Exception]] = next(
    kind for kind in typer.BadParameter.__mro__ if kind.__name__ == "ClickException"
)

app = typer.Typer(
    name="safeguard",
    help="Protects children from harmful content: judges text, pages and addresses, and filters them in a proxy.",
    invoke_without_command=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

app.add_typer(cli_lists.app)
app.add_typer(cli_policy.app)

ProfileOption = Annotated[
    str, typer.Option("--profile", "-p", help="early_years, primary, lower_secondary, upper_secondary or staff.")
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON.")]

_COLOURS: Final = {
    Action.ALLOW: "green",
    Action.TIP: "cyan",
    Action.WARN: "yellow",
    Action.REDACT: "yellow",
    Action.BLOCK: "red",
}
_HOST: Final = regex.compile(r"[\w-]+(\.[\w-]+)*\.\p{L}{2,}(:\d+)?(/\S*)?")
_FILE_NAME: Final = regex.compile(
    r"(\.{0,2}/|~|[A-Za-z]:\\)\S*|[^\s/]+\.(txt|html?|json|jsonl|md|csv|xml|png|jpe?g|gif|webp|pdf|warc)",
    regex.IGNORECASE,
)
_PICTURES: Final = regex.compile(rb"\x89PNG\r\n|\xff\xd8\xff|GIF8[79]a|RIFF.{4}WEBP|BM.{4}\0{4}", regex.DOTALL)
_EXPLAINED_FROM: Final = 0.05  # the score of a text that is let through
_MOST_SHOWN: Final = 2000  # characters of a text that is explained
_WHY: Final = {
    "vi": "Vì sao ({category}): đỏ là chữ nói lên điều đó, xanh là chữ nói ngược lại",
    "en": "Why ({category}): red words spoke for it, green ones against it",
}
_MAX_FILE: Final = 64 << 20  # bytes


@app.command()
def check(
    target: Annotated[
        str, typer.Argument(metavar="TEXT|FILE|URL", help="What to judge; '-' reads text from standard input.")
    ],
    profile: ProfileOption = DEFAULT_PROFILE,
    as_json: JsonOption = False,
    language: Annotated[str | None, typer.Option(help="vi or en; guessed if not given.")] = None,
) -> None:
    """Judge one thing and explain the verdict. Nothing is fetched: an address is judged by lists and its words."""
    from safeguard.batch import as_answer, as_explanation
    from safeguard.guard import Guard

    guard = Guard.installed(_complain)
    guard.policy.profile(profile)
    verdict, text = _judge(guard, target, language)
    decision = guard.decide(verdict, profile)
    explanation = None
    if text is not None and verdict.top is not None and (decision.category or verdict.top[1] >= _EXPLAINED_FROM):
        explained = decision.category or verdict.top[0]
        _, explanation = guard.explain_text(text, verdict.language, explained)
    if as_json:
        answer = as_answer(verdict, decision)
        if explanation is not None:
            answer["explanation"] = as_explanation(explanation)
        typer.echo(json.dumps(answer, ensure_ascii=False))
    else:
        _show(verdict, decision)
        if explanation is not None and text is not None:
            _show_why(explanation, text)


def _judge(guard: Guard, target: str, language: str | None) -> tuple[Verdict, str | None]:
    """The verdict on a target; and the text, where it is one that can be explained word by word."""
    if target == "-":
        return _judge_text(guard, _as_text(sys.stdin.buffer.read(_MAX_FILE + 1), "standard input"), language)
    if "://" in target[:12]:
        return guard.check_url(target), None
    if target.strip() and _exists(path := Path(target)):
        if path.is_dir():
            raise InputError(f"{target} is a folder: use 'safeguard scan {target}'")
        return _judge_file(guard, path, language)
    if _FILE_NAME.fullmatch(target):
        raise InputError(f"there is no file {target}")
    return (guard.check_url(target), None) if _HOST.fullmatch(target) else _judge_text(guard, target, language)


def _judge_text(guard: Guard, text: str, language: str | None) -> tuple[Verdict, str]:
    return guard.check_text(text, language), text


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except (OSError, ValueError):  # longer than a name may be, or with a NUL: a text, then
        return False


def _judge_file(guard: Guard, path: Path, language: str | None) -> tuple[Verdict, str | None]:
    try:
        with path.open("rb") as file:
            data = file.read(_MAX_FILE + 1)
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror}") from error
    if _PICTURES.match(data):
        return guard.check_image(data), None
    if path.suffix.lower() in (".html", ".htm", ".xhtml", ".svg", ".xml"):
        return guard.check_page(data, content_type="text/html", language=language), None
    if path.suffix.lower() == ".json":
        return guard.check_page(data, content_type="application/json", language=language), None
    return _judge_text(guard, _as_text(data, str(path)), language)


def _as_text(data: bytes, name: str) -> str:
    if len(data) > _MAX_FILE:
        raise InputError(f"{name} has more than {_MAX_FILE >> 20} MiB")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(f"{name} is not UTF-8 text: {error.reason} at byte {error.start}") from error


def _show(verdict: Verdict, decision: Decision) -> None:
    console = Console()
    language = decision.language
    info = taxonomy()
    console.print(Text(decision.action.value.upper(), style=f"bold {_COLOURS[decision.action]}"), decision.reason)
    console.print(Text(f"profile {decision.profile}, language {verdict.language}", style="dim"))
    shown = sorted(((score, category) for category, score in verdict.scores.items() if score >= 0.01), reverse=True)[:5]
    for score, category in shown:
        bar = "█" * round(score * 30)
        console.print(
            Text(f"{info[category].name[language]:<32}", end=""), Text(f"{score:5.2f} "), Text(bar, style="magenta")
        )
    if verdict.findings:
        table = Table("category", "score", "where", "source", "text", box=None, header_style="dim")
        for finding in verdict.findings[:12]:
            excerpt = finding.text if len(finding.text) <= 60 else finding.text[:57] + "…"
            place = f"{finding.start}-{finding.end}"
            table.add_row(
                finding.category, f"{finding.score:.2f}", place, finding.source, Text(" ".join(excerpt.split()))
            )
        console.print(table)


def _show_why(explanation: Explanation, text: str) -> None:
    """Print a text with the words that spoke for its category and against it, and what ideas it voices."""
    console = Console()
    language = explanation.language
    name = taxonomy()[explanation.category].name[language]
    shown = Text(text[:_MOST_SHOWN] + ("…" if len(text) > _MOST_SHOWN else ""))
    for words in explanation.words:
        shown.stylize("bold red" if words.weight > 0 else "green", words.start, min(words.end, _MOST_SHOWN))
    console.print(Text(_WHY[language].format(category=name), style="dim"))
    console.print(shown)
    for idea in explanation.ideas:
        console.print(Text(f"  {'-' if idea.good else '+'} {idea.reason[language]}: ", end=""), Text(idea.text), sep="")


@app.command()
def scan(
    source: Annotated[
        str,
        typer.Argument(
            metavar="INPUT", help="A JSONL file, a folder, a WARC file, or '-' for JSONL on standard input."
        ),
    ],
    out: Annotated[Path | None, typer.Option(help="Where the answers go, as JSONL; default: standard output.")] = None,
    profile: ProfileOption = DEFAULT_PROFILE,
    jobs: Annotated[int, typer.Option(min=1, help="Processes that judge.")] = 1,
) -> None:
    """Judge many things. Exit code 0 if each was answered, 1 if some were errors."""
    from safeguard.batch import read_items, write_answer
    from safeguard.batch import scan as scan_items

    if out is not None and _exists(out) and _exists(Path(source)) and out.samefile(source):
        raise InputError(f"{out} is the input: the answers need a file of their own")
    answers = scan_items(read_items(source, sys.stdin.buffer), profile, jobs)
    try:
        stream = sys.stdout if out is None else out.open("w", encoding="utf-8")
    except OSError as error:
        raise InputError(f"cannot write {out}: {error.strerror}") from error
    errors = total = 0
    columns = (
        SpinnerColumn(),
        TextColumn("{task.completed} judged"),
        TextColumn("{task.fields[bad]} errors"),
        TimeElapsedColumn(),
    )
    with (
        stream,
        Progress(*columns, console=Console(stderr=True), transient=True, disable=not sys.stderr.isatty()) as progress,
    ):
        task = progress.add_task("scan", total=None, bad=0)
        for answer in answers:
            total += 1
            errors += "error" in answer
            write_answer(answer, stream)
            progress.update(task, completed=total, bad=errors)
    typer.echo(f"{total} judged, {errors} errors", err=True)
    if errors:
        raise typer.Exit(1)


@app.command()
def proxy(
    config: Annotated[Path | None, typer.Option(help="A TOML configuration file.")] = None,
    listen: Annotated[
        str | None, typer.Option(metavar="HOST:PORT", help="Where the proxy listens; default 127.0.0.1:8080.")
    ] = None,
    console: Annotated[
        str | None, typer.Option(metavar="HOST:PORT", help="Where the console listens; default 127.0.0.1:8081.")
    ] = None,
    dns: Annotated[
        str | None, typer.Option(metavar="HOST:PORT", help="Where a DNS server listens; none unless you say so.")
    ] = None,
    profile: Annotated[
        str | None,
        typer.Option("--profile", "-p", help="The profile of every device that the configuration does not name."),
    ] = None,
) -> None:
    """Run the filtering proxy with its console and block pages."""
    try:
        from proxy_addon.config import load_proxy_config
        from proxy_addon.master import serve
    except ModuleNotFoundError as error:
        raise MissingExtraError("the proxy", "proxy") from error
    changes = {"listen": listen, "console": console, "dns": dns, "profile": profile}
    settings = load_proxy_config(config, {key: value for key, value in changes.items() if value is not None})
    raise typer.Exit(serve(settings, typer.echo))


@app.command("console")
def console_alone(
    listen: Annotated[str, typer.Option(metavar="HOST:PORT", help="Where it listens.")] = "127.0.0.1:8081",
) -> None:
    """Run the console alone, without a proxy."""
    try:
        from safeguard.console.serve import serve_console
    except ModuleNotFoundError as error:
        raise MissingExtraError("the console", "proxy") from error
    from safeguard.guard import Guard
    from safeguard.web.judge import judge_text

    raise typer.Exit(serve_console(listen, partial(judge_text, Guard()), typer.echo))


@app.command()
def train(
    corpus: Annotated[Path, typer.Option(help="The corpus.")] = Path("models/corpus"),
    data: Annotated[
        Path | None, typer.Option(help="A folder with the published data sets that the shipped model saw as well.")
    ] = None,
    out: Annotated[Path, typer.Option(help="Where the text model goes; that of pages goes beside it.")] = Path(
        "models/text"
    ),
    version: Annotated[str, typer.Option(help="The version that findings will name.")] = "1",
    jobs: Annotated[int, typer.Option(min=1, help="Processes.")] = os.cpu_count() or 1,
) -> None:
    """Train the text model from the corpus, and what makes one score of a page's pieces."""
    try:
        from safeguard.train.fit import FOLDS
        from safeguard.train.fit import train as fit
        from safeguard.train.pages import train_pages
    except ModuleNotFoundError as error:
        raise MissingExtraError("training", "train") from error
    from safeguard.train.corpus import identity_texts, read_corpus
    from safeguard.train.datasets import read_datasets

    texts = read_corpus(corpus) + identity_texts(corpus / "identity.toml")
    more, sources = read_datasets(data) if data else ([], {})
    texts += more
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True)) as progress:
        task = progress.add_task("train", total=2 * (FOLDS + 4) + 2)

        def step(name: str) -> None:
            progress.update(task, advance=1, description=name)

        manifest = fit(texts, out, version=version, sources=sources, jobs=jobs, step=step)
        train_pages(texts, out.parent / "page", version=version, jobs=jobs, step=step)
        step("done")
    typer.echo(f"{manifest['corpus']['texts']} texts, {manifest['corpus']['samples']} samples: {out}")


@app.command("train-hostnames")
def train_hostnames(
    data: Annotated[Path, typer.Argument(help="A folder with the published lists, a folder for each publisher.")],
    out: Annotated[Path, typer.Option(help="Where the model goes.")] = Path("models/hostnames"),
    version: Annotated[str, typer.Option(help="The version that findings will name.")] = "1",
) -> None:
    """Train the model of host names from published lists, and measure it across publishers."""
    try:
        from safeguard.train.hostnames import train as fit
    except ModuleNotFoundError as error:
        raise MissingExtraError("training", "train") from error
    manifest = fit(data, out, version=version)
    for category, measured in manifest["metrics"].items():
        typer.echo(
            f"{category}: AUC {measured['auc']:.3f}, {measured['recall_at_0.1_percent']:.1%} found at 0.1 % false "
            f"alarms (names of {measured['measured_on']} that others do not list)"
        )


@app.command()
def evaluate(
    validation: Annotated[Path, typer.Option(help="The texts held apart.")] = Path("models/validation"),
    model: Annotated[Path | None, typer.Option(help="The model; default: the shipped one.")] = None,
    out: Annotated[
        Path | None, typer.Option(help="Where evaluation.json and the model card go; default: nowhere.")
    ] = None,
    profile: ProfileOption = DEFAULT_PROFILE,
    as_json: JsonOption = False,
) -> None:
    """Measure the text model on texts held apart, and write its model card."""
    try:
        from safeguard.train.evaluate import evaluate as measure
    except ModuleNotFoundError as error:
        raise MissingExtraError("evaluation", "train") from error
    from safeguard.policy.decide import Policy
    from safeguard.resources import models_dir
    from safeguard.text.classifier import TextClassifier
    from safeguard.text.model import load_model, read_manifest
    from safeguard.train.card import gates, write_card
    from safeguard.train.corpus import read_corpus

    Policy().profile(profile)
    texts = read_corpus(validation)
    classifier = TextClassifier(load_model(model))
    with Progress(SpinnerColumn(), TextColumn("{task.description}"), console=Console(stderr=True)) as progress:
        task = progress.add_task("evaluate")
        measured = measure(
            classifier,
            texts,
            validation / "bias.toml",
            profile,
            lambda name: progress.update(task, description=name),
        )
    data = json.dumps(measured.as_json(), ensure_ascii=False, indent=1) + "\n"
    if out is not None:
        out.mkdir(parents=True, exist_ok=True)
        (out / "evaluation.json").write_text(data, encoding="utf-8")
        (out / "README.md").write_text(
            write_card(measured, read_manifest(model or models_dir() / "text")), encoding="utf-8"
        )
    if as_json:
        typer.echo(data, nl=False)
        return
    console = Console()
    table = Table("language", "category", "caught", "wrongly stopped", "calibration error", box=None)
    for cell in measured.cells:
        bar = Text("█" * round(20 * cell.recall.value), style="green")
        bar.append(f" {cell.recall.value:.0%}", style="default")
        table.add_row(cell.language, cell.category, bar, f"{cell.near.value:.1%}", f"{cell.error:.3f}")
    console.print(table)
    results = gates(measured)
    missed = [gate for gate in results if not gate.reached]
    console.print(f"{len(results) - len(missed)} of {len(results)} numbers are reached.")


@app.command("lint")
def lint_packs(
    folder: Annotated[
        Path | None,
        typer.Argument(metavar="DIR", help="A folder of phrase packs, as rules/phrases; default: the shipped."),
    ] = None,
    words: Annotated[
        Path | None, typer.Option(help="A file of Vietnamese words, one a line, that no phrase may be mistaken for.")
    ] = None,
) -> None:
    """Check phrase packs: nothing that may never be a rule, no everyday language. Exit code 2 if there are faults."""
    from safeguard.text.lint import lint

    try:
        known = () if words is None else words.read_text(encoding="utf-8").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"cannot read {words}: {error}") from error
    faults = lint(folder, [word.strip() for word in known if word.strip()])
    for fault in faults:
        typer.echo(str(fault), err=True)
    if faults:
        raise InputError(f"{len(faults)} faults in the phrase packs")
    typer.echo("The phrase packs are sound.")


def _version(value: bool) -> None:
    if value:
        typer.echo(f"safeguard {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    context: typer.Context,
    _: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")] = False,
) -> None:
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())


def main() -> None:
    """Run the command line; mistakes of the user become one sentence and exit code 2."""
    try:
        code = app(standalone_mode=False)
    except SafeguardError as error:
        _complain(str(error))
        code = 2
    except _UsageError as error:
        _complain(error.format_message())  # type: ignore[attr-defined]
        code = 2
    except (KeyboardInterrupt, typer.Abort):
        code = 130
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = 0
    sys.exit(code if isinstance(code, int) else 0)


def _complain(message: str) -> None:
    sentence = " ".join(message.split())
    typer.echo(f"safeguard: {sentence if sentence.endswith('.') else sentence + '.'}", err=True)


if __name__ == "__main__":
    main()
