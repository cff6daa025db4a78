"""``safeguard policy``: what is closed for whom, and which layer decided what."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from safeguard.errors import InputError, MissingExtraError

if TYPE_CHECKING:
    from safeguard.web.config import FilterConfig
    from safeguard.web.layers import Layer

app = typer.Typer(
    name="policy", help="Profiles and configuration: check, show, explain.", no_args_is_help=True, rich_markup_mode=None
)

ConfigOption = Annotated[Path | None, typer.Option(help="The proxy's TOML configuration.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON.")]

_NAMES = {"hours": "hours", "allow_list": "allow-list", "services": "services", "address": "address"}


@app.command()
def check(config: ConfigOption = None) -> None:
    """Say whether a configuration and all profiles can be followed; a mistake is named with its place."""
    from safeguard.policy import load_profiles

    _load(config)
    typer.echo(f"The configuration and {len(load_profiles())} profiles are sound.")


@app.command()
def show(as_json: JsonOption = False) -> None:
    """What each profile does about each category, and from which score on."""
    from safeguard.policy import load_profiles

    profiles = load_profiles()
    if as_json:
        tables = {name: its.model_dump(mode="json") for name, its in profiles.items()}
        typer.echo(json.dumps(tables, ensure_ascii=False))
        return
    table = Table("category", *profiles, box=None, pad_edge=False)
    for category in next(iter(profiles.values())).responses:
        answers = [its.responses[category] for its in profiles.values()]
        table.add_row(category, *(f"{answer.action} {answer.threshold:.2f}" for answer in answers))
    table.add_row("safe search", *(its.safe_search for its in profiles.values()))
    table.add_row("filter fails", *(its.fail_mode for its in profiles.values()))
    Console(highlight=False).print(table)


@app.command()
def explain(
    url: Annotated[str, typer.Argument(help="An address.")],
    config: ConfigOption = None,
    who: Annotated[str, typer.Option(help="The device's IP address.")] = "127.0.0.1",
    at: Annotated[str | None, typer.Option(help="A local time, such as 2026-11-24T22:05; default: now.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Say what becomes of an address for a device at a time, and which layer decides. Nothing is fetched."""
    from safeguard.guard import Guard
    from safeguard.url.safesearch import SafeSearch, safe_url
    from safeguard.web.layers import layers
    from safeguard.web.messages import Request

    settings = _load(config)
    guard = Guard.installed(lambda sentence: typer.echo(f"safeguard: {sentence}", err=True))
    profile = guard.policy.profile(settings.profile_of(who))
    language = "vi" if settings.language == "auto" else settings.language
    asked = list(layers(guard, settings, Request("GET", url, client=who), profile, _time(at, settings), language))
    decided = next(layer for layer in asked if layer.decision is not None)
    goes_out = safe_url(url, SafeSearch(profile.safe_search))
    hints = guard.hints(url)
    assert decided.decision is not None
    if as_json:
        answer: dict[str, Any] = {
            "profile": profile.name,
            "layer": decided.name,
            "action": decided.decision.action,
            "category": decided.decision.category,
            "reason": decided.decision.reason,
            "sources": sorted({finding.source for finding in decided.findings}),
            "goes_out_as": goes_out,
            "hints": hints,
        }
        typer.echo(json.dumps(answer, ensure_ascii=False))
        return
    table = Table("layer", "says", "because", box=None, pad_edge=False)
    table.add_row("who", profile.name, f"{who} has this profile")
    for layer in asked:
        table.add_row(_NAMES[layer.name], *_row(layer, is_asked=asked.index(layer) <= asked.index(decided)))
    if goes_out != url:
        table.add_row("safe search", profile.safe_search, f"goes out as {goes_out}")
    if hints:
        table.add_row("name", "hints at", ", ".join(hints))
    Console(highlight=False).print(table)
    if decided.decision.action in ("allow", "tip"):
        typer.echo("The page itself is judged when it comes.")


def _row(layer: Layer, *, is_asked: bool) -> tuple[str, str]:
    if not is_asked:
        return "", "not asked any more"
    if layer.decision is None:
        return "", "nothing to say"
    sources = ", ".join(sorted({finding.source for finding in layer.findings}))
    return layer.decision.action, f"{layer.decision.reason}{f' ({sources})' if sources else ''}"


def _time(at: str | None, settings: FilterConfig) -> datetime:
    now = settings.now()
    if at is None:
        return now
    try:
        return datetime.fromisoformat(at).replace(tzinfo=now.tzinfo)
    except ValueError:
        raise InputError(f"{at!r} is not a time such as 2026-11-24T22:05") from None


def _load(config: Path | None) -> FilterConfig:
    try:
        from proxy_addon.config import load_proxy_config
    except ModuleNotFoundError as error:
        raise MissingExtraError("the policy of the proxy", "proxy") from error
    return load_proxy_config(config, {})
