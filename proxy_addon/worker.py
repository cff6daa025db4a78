"""A worker process: reads jobs from standard input, judges them, writes decisions to standard output.

Started by :mod:`proxy_addon.workers` as ``python -m proxy_addon.worker SECONDS``. It ends when its input does, so it
never outlives the proxy, however that ended.
"""

from __future__ import annotations

import os
import signal
import sys
from typing import Final

from proxy_addon import wire
from safeguard.errors import SafeguardError
from safeguard.guard import Guard
from safeguard.web.judge import judge
from safeguard.web.messages import Response

# Whoever waits for a page waits for its judge; all others wait for the event loop, which goes first.
_NICE: Final = 5
_WARM_UP: Final = Response(200, (("content-type", "text/html"),), b"<p>warm up, xin ch\xc3\xa0o</p>")


def main(seconds: float) -> None:
    """Answer jobs until the input ends.

    Args:
        seconds: for one job. The alarm has no handler, so that it ends the process even inside native code.
    """
    if hasattr(os, "nice"):
        os.nice(_NICE)
    jobs = sys.stdin.buffer
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # what a library prints is no answer
    try:
        guard = Guard()
        judge(guard, _WARM_UP, next(iter(guard.policy.profiles)), "vi")
    except SafeguardError as error:
        answers.write(wire.pack({"error": str(error)}))
        answers.close()
        return
    answers.write(wire.pack(wire.READY))
    answers.flush()
    while (message := wire.read(jobs)) is not None:
        _alarm(seconds)
        try:
            answer = wire.pack_judged(judge(guard, *wire.unpack_job(*message)))
        except Exception as error:  # noqa: BLE001 - the page is refused, the worker goes on; the kind of error is enough
            answer = wire.pack({"error": type(error).__name__})
        _alarm(0)
        answers.write(answer)
        answers.flush()


def _alarm(seconds: float) -> None:
    if hasattr(signal, "setitimer"):  # elsewhere only the pool's own clock ends a job
        signal.setitimer(signal.ITIMER_REAL, seconds)


if __name__ == "__main__":
    main(float(sys.argv[1]))
