"""The configuration of the HTTP filter, whatever carries it: who gets which profile, and the limits."""

from __future__ import annotations

import tomllib
from datetime import datetime
from difflib import get_close_matches
from functools import cached_property
from ipaddress import IPv4Network, IPv6Network, ip_address
from typing import TYPE_CHECKING, Annotated, Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

from safeguard.errors import AddressError, ConfigError, UnknownProfileError
from safeguard.policy import DEFAULT_PROFILE, Hours, load_profiles
from safeguard.url.address import normalise_host, parse_address
from safeguard.url.hosts import shipped_hosts
from safeguard.url.safesearch import Accounts
from safeguard.url.services import services

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from pydantic_core import ErrorDetails


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Client(_Strict):
    """Devices, by address, that have a profile of their own."""

    address: IPv4Network | IPv6Network
    profile: str


def _sound_zone(name: str) -> str:
    if name:
        try:
            ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            raise ValueError("write a name of the IANA database, such as Asia/Ho_Chi_Minh") from None
    return name


def _known_service(name: str) -> str:
    if name not in services():
        near = get_close_matches(name, services(), n=1)
        raise ValueError(f"did you mean {near[0]!r}?" if near else f"known are {', '.join(services())}")
    return name


class ClosedServices(_Strict):
    """Services that adults have closed.

    Attributes:
        closed: names of ``rules/services.toml``.
        profile: for whom; all profiles of children where ``None``.
    """

    closed: frozenset[Annotated[str, AfterValidator(_known_service)]]
    profile: str | None = None


class FilterConfig(_Strict):
    """What the filter needs to know.

    Attributes:
        profile: of every device that ``clients`` does not name.
        clients: the first entry that holds a device's address gives its profile.
        language: of block pages; ``auto`` follows the browser.
        never_decrypt: further hosts, with their subdomains, that are passed through unread.
        known_sites: further hosts, with their subdomains, to which children may send their data without being asked.
        hours: when there is no internet, but for helplines.
        timezone: in which the hours are meant, such as ``Asia/Ho_Chi_Minh``; the machine's own where empty.
        services: those that are closed, and for whom.
        decrypt: connections are looked into; otherwise hosts are judged by name alone, and no certificate is needed.
        google_domains, microsoft_tenants: whose accounts may sign in at Google and Microsoft; all where empty.
        microsoft_context: the tenant in whose name Microsoft's logs note that.
        hold_bytes: of a body as it comes over the wire; a text that is larger is refused.
        judge_seconds: for one page; what takes longer counts as a failure of the filter.
    """

    profile: str = DEFAULT_PROFILE
    clients: tuple[Client, ...] = ()
    language: Literal["auto", "vi", "en"] = "auto"
    never_decrypt: frozenset[Annotated[str, AfterValidator(normalise_host)]] = frozenset()
    known_sites: frozenset[Annotated[str, AfterValidator(normalise_host)]] = frozenset()
    hours: tuple[Hours, ...] = ()
    timezone: Annotated[str, AfterValidator(_sound_zone)] = ""
    services: tuple[ClosedServices, ...] = ()
    decrypt: bool = True
    google_domains: tuple[str, ...] = ()
    microsoft_tenants: tuple[str, ...] = ()
    microsoft_context: str = ""
    hold_bytes: Annotated[int, Field(ge=1 << 16, le=1 << 28)] = 16 << 20
    judge_seconds: Annotated[float, Field(gt=0, le=120)] = 10.0

    @cached_property
    def accounts(self) -> Accounts:
        """Whose accounts may sign in."""
        return Accounts(self.google_domains, self.microsoft_tenants, self.microsoft_context)

    @model_validator(mode="after")
    def _context_of_tenants(self) -> FilterConfig:
        if self.microsoft_tenants and not self.microsoft_context:
            raise ValueError("microsoft_tenants needs microsoft_context, the id of your directory")
        return self

    def closes(self, service: str, profile: str, *, is_child: bool) -> bool:
        """Whether a service is closed for a profile."""
        return any(
            service in its.closed and (its.profile == profile or (its.profile is None and is_child))
            for its in self.services
        )

    def now(self) -> datetime:
        """The local time, by which the hours are meant."""
        return datetime.now(ZoneInfo(self.timezone)) if self.timezone else datetime.now().astimezone()

    def profile_of(self, client: str) -> str:
        """The name of the profile of the device with that IP address."""
        try:
            address = ip_address(client)
        except ValueError:
            return self.profile
        if address.version == 6 and address.ipv4_mapped is not None:
            address = address.ipv4_mapped
        for entry in self.clients:
            if address.version == entry.address.version and address in entry.address:
                return entry.profile
        return self.profile

    @cached_property
    def undecrypted(self) -> frozenset[str]:
        """All hosts that are never decrypted: the shipped ones (banks, government, health) and the configured."""
        return shipped_hosts("never_decrypt") | self.never_decrypt

    @cached_property
    def known(self) -> frozenset[str]:
        """All hosts to which children may send their data without being asked: the shipped and the configured."""
        return shipped_hosts("known") | self.known_sites

    def is_undecrypted(self, host: str) -> bool:
        """Whether connections to a host are passed through unread."""
        return not self.decrypt or _is_among(host, self.undecrypted)

    def is_known(self, host: str) -> bool:
        """Whether the operator of a site is known."""
        return _is_among(host, self.known)


def _is_among(host: str, hosts: frozenset[str]) -> bool:
    try:
        return not hosts.isdisjoint(parse_address(f"[{host}]" if ":" in host else host).parents())
    except AddressError:
        return False


def load_config[Config: FilterConfig](kind: type[Config], path: Path | None, changes: Mapping[str, Any]) -> Config:
    """Read a configuration file; what the command line says (``changes``) goes before it.

    Raises:
        ConfigError: the file cannot be read, is not TOML, or a setting is unknown or wrong. One sentence names the
            file, the setting, its value and what it should be.
    """
    table: dict[str, Any] = {}
    if path is not None:
        try:
            table = tomllib.loads(path.read_text(encoding="utf-8"))
        except OSError as error:
            raise ConfigError(f"cannot read the configuration {path}: {error.strerror}") from error
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise ConfigError(f"the configuration {path} is not valid TOML: {error}") from error
    try:
        config = kind.model_validate(table | dict(changes))
    except ValidationError as error:
        raise ConfigError(_sentence(error.errors()[0], kind, path, changes)) from error
    named = [("profile", config.profile)]
    named += [(f"clients.{number}.profile", client.profile) for number, client in enumerate(config.clients)]
    named += [(f"hours.{number}.profile", its.profile) for number, its in enumerate(config.hours) if its.profile]
    named += [(f"services.{number}.profile", its.profile) for number, its in enumerate(config.services) if its.profile]
    for setting, profile in named:
        if profile not in (known := load_profiles()):
            raise ConfigError(f"{_place(setting, path, changes)}: {UnknownProfileError(profile, tuple(known))}")
    return config


def _sentence(error: ErrorDetails, kind: type[FilterConfig], path: Path | None, changes: Mapping[str, Any]) -> str:
    setting = ".".join(map(str, error["loc"]))
    place = _place(setting, path, changes)
    if error["type"] == "extra_forbidden":
        part: dict[str, type[BaseModel]] = {"clients": Client, "hours": Hours, "services": ClosedServices}
        fields = part.get(setting.partition(".")[0], kind).model_fields
        near = get_close_matches(setting.rpartition(".")[2], fields, n=1)
        hint = f"did you mean {near[0]!r}?" if near else f"known are {', '.join(fields)}"
        return f"{place}: there is no such setting; {hint}"
    if error["type"] == "missing":
        return f"{place}: this setting is needed and missing"
    message = error["msg"].removeprefix("Value error, ")
    if not setting:  # about several settings at once
        return f"{path or 'the configuration'}: {message}"
    return f"{place}: {error['input']!r} cannot be used: {message[:1].lower()}{message[1:]}"


def _place(setting: str, path: Path | None, changes: Mapping[str, Any]) -> str:
    """Where a person finds a setting: as an option of the command line or in the file."""
    return f"--{setting}" if setting in changes or path is None else f"{path}: {setting}"
