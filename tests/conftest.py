from __future__ import annotations

import sys
from pathlib import Path

import pytest
from hypothesis import settings

from safeguard import Guard

sys.path.insert(0, str(Path(__file__).parent))  # for the helpers that stand beside this file

settings.register_profile("safeguard", deadline=None)  # no clock decides: the machine may be busy
settings.load_profile("safeguard")


@pytest.fixture(scope="session")
def guard() -> Guard:
    return Guard()


@pytest.fixture(autouse=True)
def _own_state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No test touches the state of the person who runs it."""
    monkeypatch.setenv("SAFEGUARD_HOME", str(tmp_path / "state"))
