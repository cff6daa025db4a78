"""Keep what people visit out of the log.

mitmproxy and the libraries below it write hosts, addresses and pieces of messages into their warnings. Ours are kept
as they are; of theirs only warnings and errors are, without anything that could be an address, and of an exception
only its kind and the place where it arose.
"""

from __future__ import annotations

import logging
import sys
from pathlib import Path
from typing import Final

import regex

_OURS: Final = "safeguard"
# Host names, IP addresses with or without a port, URLs; names without a dot where mitmproxy writes them; and long runs,
# such as a handshake in hexadecimal.
_ADDRESS: Final = regex.compile(
    r"(?<=certificate for )\S+|[^\s'\"()]*[\p{L}\d_][.:/]+[\p{L}\d_%][^\s'\"()]*|[\da-fA-F]*::[\da-fA-F:.]*|\S{41,}"
)


class QuietFormatter(logging.Formatter):
    """Formats a record on one line, without addresses unless it is our own."""

    def format(self, record: logging.LogRecord) -> str:
        """The line."""
        message = record.getMessage()
        if record.name.partition(".")[0] != _OURS:
            message = _ADDRESS.sub("…", " ".join(message.split()))
        if record.exc_info and (error := record.exc_info[1]) is not None:
            message = f"{message} [{type(error).__name__} at {place_of(error)}]"
        return f"{record.levelname.lower()}: {record.name}: {message}"


def place_of(error: BaseException) -> str:
    """The file and line where an exception arose."""
    frame = error.__traceback__
    while frame is not None and frame.tb_next is not None:
        frame = frame.tb_next
    return f"{Path(frame.tb_frame.f_code.co_filename).name}:{frame.tb_lineno}" if frame else "unknown place"


def install() -> None:
    """Log to standard error, quietly, from now on."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(QuietFormatter())
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
