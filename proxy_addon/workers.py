"""Judge pages in processes of their own, so that the event loop only ever moves bytes.

Python's CPU work in threads adds no throughput; a process does. Each worker loads its own :class:`~safeguard.Guard`
once (the model's weights are memory-mapped and shared). One that hangs, dies or answers nonsense costs its page, which
the caller refuses; it is ended and replaced, and the others never notice.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import sys
from typing import TYPE_CHECKING, Any, Final, Self

from proxy_addon import wire
from safeguard.errors import DataError, SafeguardError

if TYPE_CHECKING:
    from asyncio.subprocess import Process
    from types import TracebackType

    from safeguard.web.judge import Judged
    from safeguard.web.messages import Response

logger = logging.getLogger("safeguard.proxy")

MAX_WAITING: Final = 256  # pages that are or wait to be judged; beyond it the filter counts as failed,
MAX_WAITING_BYTES: Final = 64 << 20  # as beyond this many bytes of them: memory stays bounded
_MAX_ANSWER: Final = 64 << 20  # bytes of a redacted page
_START_SECONDS: Final = 60.0
_RETRY_SECONDS: Final = 1.0  # between attempts to replace a worker that does not start
_ALARM_GRACE: Final = 1.0  # seconds that a worker's own alarm comes after the pool's


class OverloadedError(SafeguardError):
    """More pages wait to be judged than memory should hold."""


class WorkerError(SafeguardError):
    """A worker did not answer with a decision."""


class WorkerPool:
    """Processes that judge. Used from one event loop, as a context manager.

    Args:
        workers: processes.
        seconds: for one page, waiting included.
    """

    def __init__(self, workers: int, seconds: float) -> None:
        self._size = workers
        self._seconds = seconds
        self._alive: set[_Worker] = set()
        self._idle: asyncio.Queue[_Worker] = asyncio.Queue()
        self._replacing: set[asyncio.Task[None]] = set()
        self._waiting = 0
        self._waiting_bytes = 0

    async def __aenter__(self) -> Self:
        """Start every worker and wait until each has loaded rules and model.

        Raises:
            DataError: one cannot.
        """
        try:
            await asyncio.gather(*(self._start_one() for _ in range(self._size)))
        except BaseException:
            await self.close()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the pool."""
        await self.close()

    @property
    def healthy(self) -> bool:
        """Whether any worker is there to judge."""
        return any(worker.runs for worker in self._alive)

    async def judge(self, response: Response, profile: str, language: str) -> Judged:
        """Judge a response in a worker.

        Raises:
            OverloadedError: too many are waiting.
            TimeoutError: it took too long.
            WorkerError: the worker died, or could not judge.
        """
        size = len(response.body)
        if self._waiting >= MAX_WAITING or (self._waiting and self._waiting_bytes + size > MAX_WAITING_BYTES):
            raise OverloadedError(f"{self._waiting} pages of {self._waiting_bytes} bytes wait to be judged")
        self._waiting += 1
        self._waiting_bytes += size
        try:
            async with asyncio.timeout(self._seconds):
                worker = await self._idle.get()
                while not worker.runs:  # it died while idle, of want of memory perhaps
                    self._replace(worker)
                    worker = await self._idle.get()
                try:
                    answer, body = await worker.ask(wire.pack_job(response, profile, language))
                except BaseException:
                    self._replace(worker)  # whatever stopped us, it may still be busy with this page
                    raise
                self._idle.put_nowait(worker)
        finally:
            self._waiting -= 1
            self._waiting_bytes -= size
        if "error" in answer:
            raise WorkerError(f"a worker could not judge: {answer['error']}")
        try:
            return wire.unpack_judged(answer, body)
        except (KeyError, TypeError, ValueError) as error:
            raise WorkerError(f"a worker answered nonsense: {type(error).__name__}") from error

    async def close(self) -> None:
        """End all workers and wait for them."""
        for task in self._replacing:
            task.cancel()
        await asyncio.gather(*self._replacing, return_exceptions=True)
        await asyncio.gather(*(worker.end() for worker in self._alive))
        self._alive.clear()

    async def _start_one(self) -> None:
        worker = await _Worker.start(self._seconds + _ALARM_GRACE)
        self._alive.add(worker)
        self._idle.put_nowait(worker)

    def _replace(self, worker: _Worker) -> None:
        self._alive.discard(worker)
        task = asyncio.create_task(self._end_and_start(worker))
        self._replacing.add(task)
        task.add_done_callback(self._replacing.discard)

    async def _end_and_start(self, worker: _Worker) -> None:
        await worker.end()
        while True:
            try:
                return await self._start_one()
            except (SafeguardError, OSError) as error:
                logger.error("a worker cannot be replaced: %s", error)
                await asyncio.sleep(_RETRY_SECONDS)


class _Worker:
    """One process, with its pipes."""

    def __init__(self, process: Process) -> None:
        assert process.stdin is not None
        assert process.stdout is not None
        self._process = process
        self._jobs = process.stdin
        self._answers = process.stdout

    @classmethod
    async def start(cls, seconds: float) -> Self:
        """A worker that is ready.

        Raises:
            DataError: it cannot load rules and model.
        """
        # A session of its own: Ctrl-C in the terminal reaches the proxy alone, which then ends its workers in order.
        # -P: a worker must not import what happens to lie in the current folder.
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-P", "-m", "proxy_addon.worker", str(seconds),
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL,
            start_new_session=True,
        )  # fmt: skip
        worker = cls(process)
        try:
            async with asyncio.timeout(_START_SECONDS):
                answer, _ = await worker.ask(b"")
        except (WorkerError, TimeoutError) as error:
            await worker.end()
            raise DataError("a worker process ended before it had loaded the rules and the model") from error
        except BaseException:
            await worker.end()
            raise
        if answer != wire.READY:
            await worker.end()
            raise DataError(str(answer.get("error")))
        return worker

    @property
    def runs(self) -> bool:
        return self._process.returncode is None

    async def ask(self, job: bytes) -> tuple[dict[str, Any], bytes]:
        """Send a job, if there is one, and wait for the answer and the body after it.

        Raises:
            WorkerError: the process ended, or wrote what is no message.
        """
        try:
            self._jobs.write(job)
            await self._jobs.drain()
            size, body_size = wire.SIZES.unpack(await self._answers.readexactly(wire.SIZES.size))
            if body_size > _MAX_ANSWER:
                raise WorkerError("a worker answered more than it was asked")
            answer = json.loads(await self._answers.readexactly(size))
            body = await self._answers.readexactly(body_size)
        except (OSError, asyncio.IncompleteReadError, ValueError) as error:
            raise WorkerError("a worker process ended") from error
        if not isinstance(answer, dict):
            raise WorkerError("a worker answered nonsense")
        return answer, body

    async def end(self) -> None:
        """End the process, at once, and wait for it: there is nothing that it could lose."""
        with contextlib.suppress(ProcessLookupError):
            self._process.kill()
        await self._process.wait()
        self._jobs.close()
        with contextlib.suppress(OSError):  # the pipes break as the process ends
            await self._jobs.wait_closed()
            await self._answers.read()
