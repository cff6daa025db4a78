"""Who decides about an address before anything is fetched: layers, asked in order; the first that speaks decides."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final, NamedTuple

from safeguard.policy import Mode, closed_until
from safeguard.taxonomy import Category
from safeguard.url.address import parse_address
from safeguard.url.hosts import shipped_hosts
from safeguard.url.services import service_of
from safeguard.verdict import Action, Decision
from safeguard.web.headers import asks_dns

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from safeguard.guard import Guard
    from safeguard.policy import Profile
    from safeguard.verdict import Finding
    from safeguard.web.config import FilterConfig
    from safeguard.web.messages import Request

_ASLEEP: Final = {"vi": "Internet nghỉ đến {time}.", "en": "There is no internet until {time}."}
_NOT_CHOSEN: Final = {
    "vi": "Trang này chưa nằm trong danh sách người lớn đã chọn cho em.",
    "en": "This page is not among those that adults have chosen for you.",
}
_CLOSED_SERVICE: Final = {
    "vi": "Người lớn đã tắt {service} ở đây.",
    "en": "Adults have switched off {service} here.",
}


class Layer(NamedTuple):
    """What one layer says.

    Attributes:
        name: ``hours``, ``allow_list``, ``services`` or ``address``.
        decision: ``None`` where it leaves it to the next.
        until: when the internet opens again, where the hours have closed it.
        findings: the evidence about the address.
    """

    name: str
    decision: Decision | None
    until: datetime | None = None
    findings: tuple[Finding, ...] = ()


def layers(
    guard: Guard, config: FilterConfig, request: Request, profile: Profile, now: datetime, language: str
) -> Iterator[Layer]:
    """What each layer says of a request, in the order in which they are asked; the last always decides.

    Args:
        now: the local time.

    Raises:
        AddressError: the address cannot be read.
    """
    address = parse_address(request.url)
    is_child = profile.tone != "adult"

    def closed(reason: str) -> Decision:
        return Decision(Action.BLOCK, None, reason, profile.name, language)

    until = closed_until(config.hours, profile.name, is_child=is_child, now=now) if config.hours else None
    if until is not None and not shipped_hosts("protected", "help").isdisjoint(address.parents()):
        until = None  # helplines are always open
    yield Layer("hours", closed(_ASLEEP[language].format(time=f"{until:%H:%M}")) if until else None, until)
    is_chosen = profile.mode is not Mode.ALLOW_LIST or not profile.allow_hosts.isdisjoint(address.parents())
    yield Layer("allow_list", None if is_chosen else closed(_NOT_CHOSEN[language]))
    service = service_of(address) if config.services else None
    is_closed = service is not None and config.closes(service.name, profile.name, is_child=is_child)
    yield Layer(
        "services", closed(_CLOSED_SERVICE[language].format(service=service.title)) if service and is_closed else None
    )
    verdict = guard.check_url(request.url)
    if asks_dns(request):
        verdict = replace(verdict, scores={**verdict.scores, Category.BYPASS: 1.0})
    yield Layer("address", guard.decide(verdict, profile.name, language=language), findings=verdict.findings)
