"""The console's numbers for Prometheus: counts and health, never addresses, devices or texts."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, InfoMetricFamily
from prometheus_client.registry import Collector

if TYPE_CHECKING:
    from collections.abc import Iterator

    from prometheus_client.core import Metric

    from safeguard.console.status import ConsoleStatus


def make_registry(status: ConsoleStatus) -> CollectorRegistry:
    """A registry of its own, so that several consoles can live in one process (as in tests)."""
    registry = CollectorRegistry()
    registry.register(_StatusCollector(status))
    return registry


class _StatusCollector(Collector):
    """Reads the status whenever it is asked: nothing is counted twice."""

    def __init__(self, status: ConsoleStatus) -> None:
        self._status = status

    def collect(self) -> Iterator[Metric]:
        """The metrics as they are now."""
        # The package's root may import anything, so it is not imported by name from this low layer.
        version = import_module("safeguard").__version__
        yield InfoMetricFamily("safeguard_build", "The running version.", {"version": version})
        yield GaugeMetricFamily(
            "safeguard_start_time_seconds",
            "When the process started, seconds since 1970.",
            self._status.started.timestamp(),
        )
        healthy = GaugeMetricFamily("safeguard_healthy", "1 where a part works.", labels=["part"])
        for part, works in self._status.healthy().items():
            healthy.add_metric([part], float(works))
        yield healthy
        decisions = CounterMetricFamily(
            "safeguard_decisions",
            "Decisions since midnight (begins again at 0 every day).",
            labels=["profile", "category", "action"],
        )
        for labels, number in sorted(self._status.counts().items()):
            decisions.add_metric(list(labels), number)
        yield decisions
