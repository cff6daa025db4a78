"""Real components that some tests need: without one a test is skipped, and in CI it fails."""

from __future__ import annotations

import os
import shutil

import pytest


def require(program: str) -> str:
    """The path of a program; skips the test where it is missing, fails it where ``SAFEGUARD_REQUIRE_ALL`` is set."""
    path = shutil.which(program)
    if path is None:
        message = f"{program} is not installed"
        if os.environ.get("SAFEGUARD_REQUIRE_ALL"):
            pytest.fail(message)
        pytest.skip(message)
    return path
