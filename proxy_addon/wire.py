"""How the pool and a worker talk: one job, one answer, as JSON and bytes.

Nothing is unpickled: a worker handles hostile pages, so its answers are read as data.
"""

from __future__ import annotations

import json
import struct
from typing import TYPE_CHECKING, Any, Final

from safeguard.taxonomy import Category
from safeguard.verdict import Action, Decision, Outcome
from safeguard.web.judge import Judged
from safeguard.web.messages import Response

if TYPE_CHECKING:
    from typing import BinaryIO

SIZES: Final = struct.Struct(">II")  # bytes of the JSON, bytes of the body after it
JUDGED_BY: Final = ("content-type", "content-encoding")  # no other header leaves the proxy's process

READY: Final[dict[str, Any]] = {"ready": True}


def pack(message: dict[str, Any], body: bytes = b"") -> bytes:
    """A message ready to be written."""
    text = json.dumps(message).encode()
    return SIZES.pack(len(text), len(body)) + text + body


def read(stream: BinaryIO) -> tuple[dict[str, Any], bytes] | None:
    """The next message; ``None`` at the end of the stream."""
    head = stream.read(SIZES.size)
    if len(head) < SIZES.size:
        return None
    size, body_size = SIZES.unpack(head)
    text, body = stream.read(size), stream.read(body_size)
    return (json.loads(text), body) if len(text) == size and len(body) == body_size else None


def pack_job(response: Response, profile: str, language: str) -> bytes:
    """What a worker needs to judge a response."""
    headers = [[name, value] for name, value in response.headers if name.lower() in JUDGED_BY]
    job = {
        "status": response.status,
        "headers": headers,
        "hints": response.hints,
        "profile": profile,
        "language": language,
    }
    return pack(job, response.body)


def unpack_job(message: dict[str, Any], body: bytes) -> tuple[Response, str, str]:
    """The response, the profile and the language of a job."""
    headers = tuple((name, value) for name, value in message["headers"])
    hints = tuple(Category(name) for name in message["hints"])
    return Response(message["status"], headers, body, hints), message["profile"], message["language"]


def pack_judged(judged: Judged) -> bytes:
    """A worker's answer."""
    decision = judged.decision
    return pack(
        {
            "action": decision.action,
            "category": decision.category,
            "reason": decision.reason,
            "profile": decision.profile,
            "language": decision.language,
            "helpline": decision.helpline,
            "outcome": decision.outcome,
            "parts": list(decision.parts),
        },
        judged.body,
    )


def unpack_judged(message: dict[str, Any], body: bytes) -> Judged:
    """What a worker answered.

    Raises:
        ValueError, KeyError, TypeError: it is not one.
    """
    category = message["category"]
    decision = Decision(
        Action(message["action"]),
        None if category is None else Category(category),
        str(message["reason"]),
        str(message["profile"]),
        str(message["language"]),
        bool(message["helpline"]),
        Outcome(message["outcome"]),
        tuple(int(part) for part in message["parts"]),
    )
    return Judged(decision, body)
