"""Where rules, models and state lie on disk.

An installed wheel carries ``rules/`` and ``models/`` inside the package (``safeguard/_data``); a checkout has them at
its top level, where people edit them. State (certificates, lists, store) never lies in the package: it has its own
folder, ``SAFEGUARD_HOME``.
"""

from __future__ import annotations

import os
import tomllib
from functools import cache
from pathlib import Path
from typing import Any

from safeguard.errors import DataError

_PACKAGE = Path(__file__).resolve().parent


@cache
def data_root() -> Path:
    """The folder that holds ``rules`` and ``models``."""
    packaged = _PACKAGE / "_data"
    return packaged if packaged.is_dir() else _PACKAGE.parent


def rules_dir() -> Path:
    """The folder of the rule files that people edit."""
    return data_root() / "rules"


def models_dir() -> Path:
    """The folder of the trained artefacts."""
    return data_root() / "models"


def load_toml(path: Path) -> dict[str, Any]:
    """Read one of our own TOML files.

    Raises:
        DataError: the file is missing or is not TOML.
    """
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise DataError(f"cannot read {path}: {error.strerror or error}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise DataError(f"{path} is not valid TOML: {error}") from error


def state_dir() -> Path:
    """The folder for everything that safeguard keeps between runs: ``SAFEGUARD_HOME``, else the platform's data folder.

    It is not created here: only the part that writes into it does that.
    """
    configured = os.environ.get("SAFEGUARD_HOME")
    if configured:
        return Path(configured).expanduser()
    from platformdirs import user_data_path  # imported here: importing safeguard stays light

    return user_data_path("safeguard", appauthor=False)
