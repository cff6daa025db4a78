"""``safeguard lists``: subscriptions to lists of addresses, and the database that is compiled from them."""

from __future__ import annotations

import contextlib
import json
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from safeguard.errors import AddressError, InputError, ListError
from safeguard.taxonomy import Category
from safeguard.url.exports import Export
from safeguard.url.formats import Format

if TYPE_CHECKING:
    from collections.abc import Iterator

    from safeguard.url.subscriptions import Subscription

app = typer.Typer(
    name="lists",
    help="Lists of addresses: subscribe, update, look up, export.",
    no_args_is_help=True,
    rich_markup_mode=None,
)

JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@app.command()
def add(
    source: Annotated[
        str, typer.Argument(metavar="NAME|URL|FILE", help="A name of the catalogue, an address or a file.")
    ],
    category: Annotated[Category | None, typer.Option("--category", "-c", help="What it lists.")] = None,
    allow: Annotated[bool, typer.Option("--allow", help="It names addresses to keep open.")] = False,
    form: Annotated[Format | None, typer.Option("--format", "-f", help="How it is written; told by its lines.")] = None,
    name: Annotated[str | None, typer.Option("--name", "-n", help="What to call it.")] = None,
    mirror: Annotated[list[str] | None, typer.Option(help="A further address of the same list.")] = None,
    key: Annotated[str, typer.Option(help="minisign public key (or its file) with which the list is signed.")] = "",
) -> None:
    """Subscribe to a list. It is in force after `safeguard lists update`."""
    from safeguard.url.subscriptions import Subscriptions

    made = Subscriptions().add(source, category, allow=allow, name=name, format=form, mirrors=mirror or (), key=key)
    about = made.category or "addresses to keep open"
    typer.echo(f"Subscribed to {made.name} ({about}). Put it in force with: safeguard lists update")


@app.command()
def remove(name: Annotated[str, typer.Argument(help="The list's name.")]) -> None:
    """End a subscription; its entries are no longer in force."""
    from safeguard.url.subscriptions import Subscriptions

    Subscriptions().remove(name)
    typer.echo(f"Removed {name}.")


@app.command()
def update(
    names: Annotated[list[str] | None, typer.Argument(help="Which; all by default.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Take lists that shrink to less than half as well.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Fetch lists and put them in force. Exit code 1 if one failed; its last good copy stays in force."""
    from safeguard.url.subscriptions import Subscriptions

    subscriptions = Subscriptions()
    if not subscriptions.all:
        raise ListError("there are no subscriptions yet: see safeguard lists catalogue, then safeguard lists add NAME")
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True, disable=not sys.stderr.isatty()) as bars:
        tasks: dict[str, Any] = {}

        def show(name: str, done: int, total: int | None) -> None:
            if name not in tasks:
                tasks[name] = bars.add_task(name, total=total)
            bars.update(tasks[name], completed=done)

        done = subscriptions.update(names or (), force=force, progress=show)
    _print(done, as_json=as_json)
    if any(subscription.problem for subscription in done):
        raise typer.Exit(1)


@app.command()
def status(as_json: JsonOption = False) -> None:
    """What is subscribed to, how fresh it is, and what was left out of it."""
    from safeguard.url.subscriptions import Subscriptions

    subscriptions = Subscriptions()
    if not subscriptions.all and not as_json:
        typer.echo("No subscriptions yet: the small list that ships is in force. See: safeguard lists catalogue")
        return
    _print(subscriptions.all, as_json=as_json)


@app.command("catalogue")
def show_catalogue(as_json: JsonOption = False) -> None:
    """Published lists that can be added by name, each with its licence."""
    from safeguard.url.subscriptions import catalogue

    if as_json:
        _json({name: offer.model_dump(mode="json") for name, offer in catalogue().items()})
        return
    table = Table("name", "category", "licence", "what it is", box=None, pad_edge=False)
    for name, offer in catalogue().items():
        table.add_row(name, offer.category, offer.licence, offer.title)
    Console(highlight=False).print(table)


@app.command()
def lookup(
    hosts: Annotated[
        list[str], typer.Argument(metavar="HOST…", help="Hosts or addresses; '-' reads them from standard input.")
    ],
    as_json: JsonOption = False,
) -> None:
    """Say under which categories and in which lists hosts are listed."""
    from safeguard.url.address import parse_address
    from safeguard.url.database import CurrentLists, load_seed

    lists, seed = CurrentLists(told=_warn), load_seed()
    from_input = hosts == ["-"]
    for host in _lines() if from_input else hosts:
        try:
            address = parse_address(host)
        except AddressError as error:
            if not from_input:
                raise
            _json({"host": host, "error": str(error)})
            continue
        found = [*lists.lookup(address), *seed.lookup(address)]
        categories = sorted({match.category for match in found if match.category is not None})
        sources = sorted({match.source for match in found})
        if as_json or from_input:
            _json({"host": host, "categories": categories, "sources": sources})
        elif found:
            for match in found:
                typer.echo(f"{host}: {match.category or 'kept open'} ({match.source}: {match.entry})")
        else:
            typer.echo(f"{host}: not listed")


@app.command()
def export(
    form: Annotated[Export, typer.Option("--format", "-f", help="For what it is written.")],
    category: Annotated[list[Category] | None, typer.Option("--category", "-c", help="Which; all by default.")] = None,
    out: Annotated[Path | None, typer.Option("--out", "-o", help="A file; default: standard output.")] = None,
) -> None:
    """Write the listed hosts for another filter: a DNS server, a router, Squid or a browser."""
    from safeguard.url.database import CurrentLists, load_seed
    from safeguard.url.exports import listed, write

    lists = CurrentLists(told=_warn)
    lists.refresh()
    lines = write(listed(lists.database, load_seed(), category or list(Category)), form)
    try:
        with out.open("w", encoding="utf-8") if out else contextlib.nullcontext(sys.stdout) as file:
            file.writelines(f"{line}\n" for line in lines)
    except BrokenPipeError:
        raise  # whoever read has had enough
    except OSError as error:
        raise InputError(f"cannot write {out}: {error.strerror}") from error


def _lines() -> Iterator[str]:
    for line in sys.stdin:
        if host := line.strip():
            yield host


def _print(subscriptions: list[Subscription], *, as_json: bool) -> None:
    if as_json:
        _json([subscription.model_dump(mode="json") for subscription in subscriptions])
        return
    table = Table("list", "category", "entries", "held back", "current as of", "state", box=None, pad_edge=False)
    for item in subscriptions:
        left_out = sum(item.unsupported.values())
        state = (
            Text(item.problem, style="red") if item.problem else Text("in force" if item.updated else "not fetched yet")
        )
        if left_out:
            state.append(f"; {left_out:,} lines cannot be used", style="dim")
        held = f"{item.held_back_count:,}" + (f" ({item.held_back[0]}…)" if item.held_back else "")
        table.add_row(item.name, item.category or "keep open", f"{item.entries:,}", held, _age(item.updated), state)
    Console(highlight=False).print(table)


def _age(moment: datetime | None) -> str:
    if moment is None:
        return "never"
    days = (datetime.now(UTC) - moment).days
    return "today" if days < 1 else f"{days} days ago"


def _json(value: object) -> None:
    typer.echo(json.dumps(value, ensure_ascii=False))


def _warn(sentence: str) -> None:
    typer.echo(f"safeguard: {sentence}", err=True)
