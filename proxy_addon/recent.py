"""Judge the same body once: a class of forty opens a page in the same minute.

What is remembered is a keyed digest of the body and what was decided, for ten minutes and in memory only: no address,
no device, no text. Pages of which a part was taken out are judged anew, since remembering them would mean to keep them.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
from collections import OrderedDict
from typing import TYPE_CHECKING, Final

from proxy_addon import wire

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from safeguard.web.judge import Judged
    from safeguard.web.messages import Response

    Judge = Callable[[Response, str, str], Awaitable[Judged]]

SECONDS: Final = 600.0
LARGEST: Final = 512 << 10  # bytes of a body that is remembered: a digest of it takes half a millisecond
MOST: Final = 5000  # decisions; each takes less than a kilobyte


class RecentVerdicts:
    """Wraps a judge. Used from one event loop.

    Args:
        judge: what is asked about bodies that have not been seen.
        clock: seconds.
    """

    def __init__(self, judge: Judge, clock: Callable[[], float]) -> None:
        self._judge = judge
        self._clock = clock
        self._key = os.urandom(32)  # nobody who reads the memory can look for a page that they know
        self._known: OrderedDict[bytes, tuple[float, Judged]] = OrderedDict()
        self._asked: dict[bytes, asyncio.Future[Judged]] = {}

    async def judge(self, response: Response, profile: str, language: str) -> Judged:
        """What was decided about the same body, or what the judge says now."""
        if len(response.body) > LARGEST:
            return await self._judge(response, profile, language)
        digest = self._digest(response, profile, language)
        if (known := self._known.get(digest)) is not None and known[0] > self._clock():
            return known[1]
        if (asked := self._asked.get(digest)) is not None:
            return await asyncio.shield(asked)
        asked = self._asked[digest] = asyncio.get_running_loop().create_future()
        try:
            judged = await self._judge(response, profile, language)
        except BaseException as error:
            asked.set_exception(error if isinstance(error, Exception) else RuntimeError("the first who asked is gone"))
            asked.exception()  # it is raised here as well, so nobody need have waited for it
            raise
        else:
            asked.set_result(judged)
        finally:
            del self._asked[digest]
        if not judged.body:
            self._known[digest] = (self._clock() + SECONDS, judged)
            self._known.move_to_end(digest)
            while len(self._known) > MOST or next(iter(self._known.values()))[0] <= self._clock():
                self._known.popitem(last=False)
        return judged

    def _digest(self, response: Response, profile: str, language: str) -> bytes:
        digest = hashlib.blake2b(key=self._key, digest_size=16)
        judged_by = [f"{name.lower()}:{value}" for name, value in response.headers if name.lower() in wire.JUDGED_BY]
        digest.update(
            "\0".join([profile, language, str(response.status), *response.hints, *judged_by]).encode("utf-8", "replace")
        )
        digest.update(b"\0")
        digest.update(response.body)
        return digest.digest()
