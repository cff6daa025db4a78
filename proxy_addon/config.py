"""The configuration of the proxy: the filter's, and where to listen."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import BeforeValidator, Field

from safeguard.listen import parse_listen
from safeguard.web.config import FilterConfig, load_config

if TYPE_CHECKING:
    from collections.abc import Mapping

Listen = Annotated[tuple[str, int], BeforeValidator(parse_listen)]


class ProxyConfig(FilterConfig):
    """What ``safeguard proxy`` needs to know.

    Attributes:
        listen: where the proxy listens. Loopback unless somebody says otherwise.
        console: where the console listens.
        dns: where the DNS server listens; there is none unless somebody says so.
        dns_upstream: the DNS servers that it asks; the system's where empty.
        update_hours: between two updates of the lists that are subscribed to; 0 for none.
        workers: processes that judge pages; each takes about 80 MB.
        upstream_ca: a PEM file of further authorities to trust for servers, for networks behind another box.
    """

    listen: Listen = ("127.0.0.1", 8080)
    console: Listen = ("127.0.0.1", 8081)
    dns: Listen | None = None
    dns_upstream: tuple[str, ...] = ()
    update_hours: Annotated[float, Field(ge=0, le=24 * 365)] = 24.0
    workers: Annotated[int, Field(ge=1, le=64)] = max(1, min(4, os.cpu_count() or 1))
    upstream_ca: Path | None = None


def load_proxy_config(path: Path | None, changes: Mapping[str, Any]) -> ProxyConfig:
    """Read the configuration file, if there is one; ``changes`` go before it.

    Raises:
        ConfigError: it cannot be followed; the sentence names file and setting.
    """
    return load_config(ProxyConfig, path, changes)
