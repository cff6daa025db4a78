"""Real worker processes: what they answer, and what becomes of those that do not."""

from __future__ import annotations

import asyncio
import os
import signal

import pytest

from proxy_addon import workers as module
from proxy_addon.workers import OverloadedError, WorkerError, WorkerPool
from safeguard import Action, Category, DataError
from safeguard.web.messages import Response

HTML = (("Content-Type", "text/html"), ("Set-Cookie", "secret"))
GAMBLING = Response(200, HTML, "<p>Nhà cái uy tín: casino trực tuyến, nổ hũ, tài xỉu, cá cược bóng đá</p>".encode())
# A page that takes long to judge, however fast the machine: nearly as much text as is judged at all.
LONG = Response(200, HTML, b"<p>" + " ".join(f"w{number}x{number * 7}" for number in range(230_000)).encode())


async def judge(pool: WorkerPool, response: Response = GAMBLING) -> Action:
    return (await pool.judge(response, "lower_secondary", "vi")).decision.action


def pids(pool: WorkerPool) -> set[int]:
    return {worker._process.pid for worker in pool._alive}


async def until_replaced(pool: WorkerPool, old: set[int]) -> None:
    async with asyncio.timeout(30):
        while not pids(pool) or pids(pool) & old:  # noqa: ASYNC110 - the pool tells nobody when it has replaced one
            await asyncio.sleep(0.02)


async def test_a_decision_arrives_whole() -> None:
    async with WorkerPool(1, 30) as pool:
        decision = (await pool.judge(GAMBLING, "lower_secondary", "vi")).decision
    assert (decision.action, decision.category) == (Action.BLOCK, Category.GAMBLING)
    assert (decision.profile, decision.language) == ("lower_secondary", "vi")
    assert decision.reason


async def test_many_at_once_and_nothing_left_behind() -> None:
    async with WorkerPool(2, 60) as pool:
        assert pool.healthy
        started = pids(pool)
        assert await asyncio.gather(*(judge(pool) for _ in range(60))) == [Action.BLOCK] * 60
    assert not pool.healthy
    for pid in started:
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)


async def test_a_worker_that_dies_while_idle_costs_nothing() -> None:
    async with WorkerPool(1, 30) as pool:
        old = pids(pool)
        os.kill(*old, signal.SIGKILL)
        (worker,) = pool._alive
        await worker._process.wait()
        assert not pool.healthy
        assert await judge(pool) is Action.BLOCK
        assert pool.healthy


async def test_a_worker_that_dies_at_work_costs_its_page_and_is_replaced() -> None:
    async with WorkerPool(1, 60) as pool:
        old = pids(pool)
        task = asyncio.create_task(judge(pool, LONG))
        await asyncio.sleep(0.1)
        os.kill(*old, signal.SIGKILL)
        with pytest.raises(WorkerError):
            await task
        await until_replaced(pool, old)
        assert await judge(pool) is Action.BLOCK


async def test_a_page_that_takes_too_long_ends_its_worker() -> None:
    async with WorkerPool(1, 60) as pool:
        old = pids(pool)
        pool._seconds = 0.05
        with pytest.raises(TimeoutError):
            await judge(pool, LONG)
        pool._seconds = 60
        await until_replaced(pool, old)
        assert await judge(pool) is Action.BLOCK


async def test_a_worker_ends_itself_when_nobody_else_does() -> None:
    process = await asyncio.create_subprocess_exec(
        module.sys.executable, "-m", "proxy_addon.worker", "0.05",
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    worker = module._Worker(process)
    assert await worker.ask(b"") == (module.wire.READY, b"")
    try:
        with pytest.raises(WorkerError):
            await worker.ask(module.wire.pack_job(LONG, "lower_secondary", "vi"))
        assert await process.wait() == -signal.SIGALRM
    finally:
        await worker.end()


async def test_an_error_in_a_worker_is_the_callers() -> None:
    async with WorkerPool(1, 30) as pool:
        old = pids(pool)
        with pytest.raises(WorkerError, match="UnknownProfileError"):
            await pool.judge(GAMBLING, "nobody", "vi")
        assert await judge(pool) is Action.BLOCK
        assert pids(pool) == old, "it goes on"


@pytest.mark.parametrize(("limit", "value"), [("MAX_WAITING", 2), ("MAX_WAITING_BYTES", 2 * len(GAMBLING.body))])
async def test_more_than_memory_should_hold_is_refused(monkeypatch: pytest.MonkeyPatch, limit: str, value: int) -> None:
    monkeypatch.setattr(module, limit, value)
    async with WorkerPool(1, 30) as pool:
        results = await asyncio.gather(*(judge(pool) for _ in range(5)), return_exceptions=True)
        assert [type(result) for result in results] == [Action, Action, *[OverloadedError] * 3]
        assert await judge(pool) is Action.BLOCK


async def test_one_page_is_judged_however_large(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_WAITING_BYTES", 1)
    async with WorkerPool(1, 30) as pool:
        assert await judge(pool) is Action.BLOCK


async def test_a_pool_that_cannot_load_says_so(monkeypatch: pytest.MonkeyPatch, tmp_path: object) -> None:
    monkeypatch.setattr(module.sys, "executable", "/bin/false")
    with pytest.raises(DataError, match="ended before it had loaded"):
        await WorkerPool(2, 30).__aenter__()


async def test_no_header_that_is_not_needed_leaves_the_proxy() -> None:
    assert b"secret" not in module.wire.pack_job(GAMBLING, "lower_secondary", "vi")
