"""What lists of addresses cost: compile, open, look up, memory; beside a Python set and the package ``adblock``.

Usage: python benchmarks/lists_speed.py DATA, where DATA holds ``lists/*/*.txt``. Needs the packages ``psutil`` and
``adblock``. Each contender runs in a process of its own, so that its memory is its own. The peers do less: a set has no
categories and no sources, and ``adblock`` answers yes or no. Prints a Markdown table.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import psutil

from safeguard.taxonomy import Category
from safeguard.url.compiler import Source, compile_lists
from safeguard.url.database import CurrentLists
from safeguard.url.formats import Kind, ListReader
from safeguard.url.subscriptions import Subscriptions

if TYPE_CHECKING:
    from collections.abc import Callable

ASKED = 50_000
MEBI = 1 << 20


def files(data: Path) -> list[Path]:
    skipped = ("LICENSE", "global_usage", "tor.txt")
    return [path for path in sorted((data / "lists").glob("*/*.txt")) if not path.name.startswith(skipped)]


def hosts_of(data: Path) -> set[str]:
    return {entry.value for path in files(data) for entry in ListReader(path) if entry.kind is Kind.HOST}


def resident() -> int:
    memory = psutil.Process().memory_info()
    return memory.rss


def time_lookups(look: Callable[[str], object], hosts: list[str]) -> float:
    """Microseconds of one, in the median."""
    for host in hosts[:2000]:
        look(host)
    took = []
    for host in hosts:
        start = time.perf_counter_ns()
        look(host)
        took.append(time.perf_counter_ns() - start)
    return sorted(took)[len(took) // 2] / 1000


def measure(name: str, work: Path) -> dict[str, Any]:
    """One contender, in this process."""
    asked = json.loads((work / "asked.json").read_text())
    before = resident()
    start = time.perf_counter()
    look: Callable[[str], object]
    match name:
        case "safeguard":
            lists = CurrentLists(work / "lists")
            lists.refresh()
            assert lists.database is not None
            look = lists.database.match
        case "set":
            known = set((work / "hosts.txt").read_text().split("\n"))

            def look(host: str) -> bool:
                while host:
                    if host in known:
                        return True
                    host = host.partition(".")[2]
                return False
        case "adblock":
            import adblock

            rules = adblock.FilterSet()
            rules.add_filters([f"||{host}^" for host in (work / "hosts.txt").read_text().split("\n")])
            engine = adblock.Engine(rules)

            def look(host: str) -> bool:
                return bool(engine.check_network_urls(f"https://{host}/", "https://a.test/", "document").matched)

    opened = time.perf_counter() - start
    return {
        "open_ms": opened * 1000,
        "unlisted_us": time_lookups(look, asked["unlisted"]),
        "listed_us": time_lookups(look, asked["listed"]),
        "memory_mib": (resident() - before) / MEBI,
    }


def child(name: str, work: Path, answers: Any) -> None:
    answers.put(measure(name, work))


def build(data: Path, work: Path, answers: Any) -> None:
    sources = [Source(f"{path.parent.name}/{path.stem}", Category.SEXUAL, path) for path in files(data)]
    before = resident()
    start = time.process_time()
    reports = compile_lists(sources, work / "lists")
    took = time.process_time() - start
    import resource

    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    folder = CurrentLists(work / "lists")
    folder.refresh()
    assert folder.database is not None
    answers.put(
        {
            "entries": sum(report.entries for report in reports),
            "different": len(folder.database),
            "seconds": took,
            "memory_mib": (most - before) / MEBI,
            "mib": sum(folder.database.manifest["sizes"].values()) / MEBI,
        }
    )


def run(target: Callable[..., None], *arguments: object) -> dict[str, Any]:
    context = multiprocessing.get_context("spawn")
    answers = context.Queue()
    process = context.Process(target=target, args=(*arguments, answers))
    process.start()
    answer: dict[str, Any] = answers.get()
    process.join()
    return answer


def proxy_memory(data: Path, home: Path) -> list[float]:
    """MiB that a running proxy takes: without lists, and after each of three updates of all of them."""
    environment = os.environ | {"SAFEGUARD_HOME": str(home), "PYTHONUNBUFFERED": "1"}
    command = [sys.executable, "-P", "-m", "safeguard.cli"]
    lists = Subscriptions(home / "lists")
    for number, path in enumerate(files(data)):
        lists.add(str(path.resolve()), Category.SEXUAL, name=f"list{number}")
    (home / "proxy.toml").write_text('listen = "127.0.0.1:0"\nconsole = "127.0.0.1:0"\nupdate_hours = 0\n')
    found = []
    with subprocess.Popen(
        [*command, "proxy", "--config", str(home / "proxy.toml")], env=environment, stdout=subprocess.PIPE, text=True
    ) as proxy:
        assert proxy.stdout is not None
        address = next(line for line in proxy.stdout if line.startswith("proxy")).split()[1]
        with httpx.Client(proxy=address, timeout=30) as client:
            for number in range(4):
                if number:
                    subprocess.run(
                        [*command, "lists", "update"], env=environment, stdout=subprocess.DEVNULL, check=True
                    )
                    time.sleep(3)  # a proxy looks for new lists every two seconds
                for name in ("try.safeguard.test", "pornhub.com"):
                    client.get(f"http://{name}/")
                found.append(psutil.Process(proxy.pid).memory_info().rss / MEBI)
        proxy.send_signal(signal.SIGINT)
    return found


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("data", type=Path)
    data = options.parse_args().data
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        built = run(build, data, work)
        hosts = sorted(hosts_of(data))
        (work / "hosts.txt").write_text("\n".join(hosts))
        chosen = random.Random(5).sample(hosts, ASKED)
        listed = [f"www.{host}" for host in chosen]
        unlisted = [f"www.not-{number}-{host}" for number, host in enumerate(chosen)]
        (work / "asked.json").write_text(json.dumps({"listed": listed, "unlisted": unlisted}))
        million = built["different"] / 1e6
        print(
            f"{built['entries']:,} entries, {built['different']:,} different ones, compiled in {built['seconds']:.1f} "
            f"s of CPU with {built['memory_mib']:.0f} MiB; {built['mib'] / million:.1f} MiB on disk for a million\n"
        )
        print("| | open, ms | look up an unlisted host, µs | a listed one, µs | memory, MiB |")
        print("|---|---:|---:|---:|---:|")
        for name in ("safeguard", "set", "adblock"):
            row = run(child, name, work)
            print(f"| {name} | {row['open_ms']:.1f} | {row['unlisted_us']:.2f} | {row['listed_us']:.2f} | "
                  f"{row['memory_mib']:.1f} |")  # fmt: skip
        memory = proxy_memory(data, work / "home")
        print(
            f"\nA running proxy takes {memory[0]:.1f} MiB without lists, and after three updates of all of them "
            f"{', '.join(f'{value:.1f}' for value in memory[1:])}."
        )


if __name__ == "__main__":
    main()
