"""Real components that some tests need: without one a test is skipped, and in CI it fails."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import NoReturn

import pytest


def require(program: str) -> str:
    """The path of a program; skips the test where it is missing, fails it where ``SAFEGUARD_REQUIRE_ALL`` is set."""
    path = shutil.which(program)
    if path is None:
        _missing(f"{program} is not installed")
    return path


def require_folder(folder: Path) -> None:
    """The same for files that a package installs."""
    if not folder.is_dir():
        _missing(f"{folder} is not installed")


def _missing(message: str) -> NoReturn:
    if os.environ.get("SAFEGUARD_REQUIRE_ALL"):
        pytest.fail(message)
    pytest.skip(message)
