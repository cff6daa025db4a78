"""Who a child can call, read from ``rules/helplines.toml``."""

from __future__ import annotations

import datetime as dt
from functools import cache
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from safeguard.errors import DataError
from safeguard.resources import load_toml, rules_dir


class Helpline(BaseModel):
    """One helpline.

    Attributes:
        number: as it is dialled.
        country: ISO 3166-1 alpha-2.
        name, note: by language code; the note says when it answers and what it costs.
        verified_on: the day somebody checked number, hours and price.
        source: the page that says so.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str
    number: Annotated[str, Field(pattern=r"^\+?[0-9]{3,15}$")]
    country: Annotated[str, Field(pattern=r"^[A-Z]{2}$")]
    free: bool
    hours: str
    name: dict[str, str]
    note: dict[str, str]
    verified_on: dt.date
    source: str


@cache
def helplines() -> tuple[Helpline, ...]:
    """The helplines in the order in which they are offered; at least one.

    Raises:
        DataError: the file does not describe any, or describes one wrongly.
    """
    path = rules_dir() / "helplines.toml"
    try:
        found = tuple(Helpline.model_validate(entry) for entry in load_toml(path)["helplines"])
    except (KeyError, TypeError) as error:
        raise DataError(f"{path} has no list of helplines") from error
    except ValidationError as error:
        first = error.errors()[0]
        raise DataError(f"{path}: {'.'.join(map(str, first['loc']))}: {first['msg']}") from error
    if not found:
        raise DataError(f"{path} names no helpline")
    return found
