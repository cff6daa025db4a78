from __future__ import annotations

import asyncio

import pytest

from proxy_addon import recent as module
from proxy_addon.recent import LARGEST, SECONDS, RecentVerdicts
from safeguard import Action, Decision
from safeguard.web.judge import Judged
from safeguard.web.messages import Response

HTML = (("Content-Type", "text/html"),)


class Setup:
    def __init__(self, *, body: bytes = b"", fails: bool = False) -> None:
        self.asked: list[tuple[bytes, str, str]] = []
        self.now = 0.0
        self._body = body
        self.fails = fails
        self.recent = RecentVerdicts(self._judge, lambda: self.now)

    async def _judge(self, response: Response, profile: str, language: str) -> Judged:
        self.asked.append((response.body, profile, language))
        await asyncio.sleep(0)
        if self.fails:
            raise RuntimeError("no worker")
        return Judged(Decision(Action.ALLOW, None, "", profile, language), self._body)

    async def ask(self, body: bytes = b"page", profile: str = "primary", headers: object = HTML) -> Judged:
        return await self.recent.judge(Response(200, headers, body), profile, "vi")  # type: ignore[arg-type]


async def test_the_same_body_is_judged_once() -> None:
    setup = Setup()
    first = await setup.ask()
    assert await setup.ask() is first
    assert await setup.ask(headers=(*HTML, ("Date", "later"))) is first
    assert len(setup.asked) == 1


async def test_what_the_decision_rests_on_is_told_apart() -> None:
    setup = Setup()
    await setup.ask()
    await setup.ask(profile="staff")
    await setup.ask(body=b"other page")
    await setup.ask(headers=(("Content-Type", "text/plain"),))
    await setup.ask(headers=(*HTML, ("Content-Encoding", "br")))
    assert len(setup.asked) == 5


async def test_those_who_come_meanwhile_wait_for_the_first() -> None:
    setup = Setup()
    answers = await asyncio.gather(*(setup.ask() for _ in range(40)))
    assert len(setup.asked) == 1
    assert all(answer is answers[0] for answer in answers)


async def test_a_failure_is_everybodys_and_is_not_remembered() -> None:
    setup = Setup(fails=True)
    answers = await asyncio.gather(*(setup.ask() for _ in range(3)), return_exceptions=True)
    assert [type(answer) for answer in answers] == [RuntimeError] * 3
    setup.fails = False
    assert (await setup.ask()).decision.action is Action.ALLOW


async def test_it_is_forgotten_after_its_time() -> None:
    setup = Setup()
    await setup.ask()
    setup.now = SECONDS
    await setup.ask(b"other")
    assert len(setup.recent._known) == 1
    await setup.ask()
    assert len(setup.asked) == 3


async def test_long_bodies_are_not_digested() -> None:
    setup = Setup()
    for _ in range(2):
        await setup.ask(bytes(LARGEST + 1))
    assert len(setup.asked) == 2


async def test_memory_is_bounded_and_holds_no_page(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST", 10)
    setup = Setup()
    for number in range(30):
        await setup.ask(b"secret page %d" % number)
    assert len(setup.recent._known) == 10
    assert "secret" not in repr(vars(setup.recent))
    redacting = Setup(body=b"what is left of a page")
    await redacting.ask()
    await redacting.ask()
    assert len(redacting.asked) == 2
