"""The proxy beside its peers in the same run: requests a second, CPU time a request, and the lag of the event loop.

Usage: python benchmarks/proxy_speed.py PAGE [--seconds S] [--rounds N]. PAGE is an HTML file that every proxy fetches
from an nginx on loopback. Needs nginx, wrk and, for that row, e2guardian (Debian: nginx-light, wrk, e2guardian, as
root). The targets take turns, so that what else the machine does hits all alike; medians are printed as Markdown.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import os
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import regex

if TYPE_CHECKING:
    from collections.abc import Iterator

TICKS = os.sysconf("SC_CLK_TCK")
E2GUARDIAN = Path("/etc/e2guardian")
PAGES = 4000  # that differ, so that no proxy can remember them
_LUA = """
local count = 0
request = function()
  count = count + 1
  local page = os.getenv("SAME") and 0 or count % {pages}
  return wrk.format("GET", "http://127.0.0.1:{port}/" .. page .. ".html", {{["Host"]="127.0.0.1:{port}"}})
end
done = function(s, l, r)
  local errors = s.errors.status + s.errors.connect + s.errors.read + s.errors.timeout
  local rate = s.requests / (s.duration / 1e6)
  io.write(string.format("RES %.2f %.3f %.3f %d\\n", rate, l:percentile(50) / 1000, l:percentile(99) / 1000, errors))
end
"""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    for _ in range(600):
        if process.poll() is not None:
            sys.exit(f"{process.args!r} ended with {process.returncode}")
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.05)
    sys.exit(f"nothing listens on {port}")


def tree_of(process: int) -> list[int]:
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError):
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
                children.setdefault(int(fields[1]), []).append(int(entry.name))
    found, left = [], [process]
    while left:
        found.append(left.pop())
        left += children.get(found[-1], [])
    return found


def cpu_seconds(process: int) -> float:
    total = 0
    for member in tree_of(process):
        with contextlib.suppress(OSError):
            fields = Path(f"/proc/{member}/stat").read_text().rpartition(")")[2].split()
            total += int(fields[11]) + int(fields[12])
    return total / TICKS


@contextlib.contextmanager
def running(command: list[str], port: int, folder: Path, **environment: str) -> Iterator[int]:
    log = (folder / f"{port}.log").open("wb")
    process = subprocess.Popen(command, stdout=log, stderr=log, env=os.environ | environment)
    try:
        wait_for(port, process)
        yield process.pid
    finally:
        process.terminate()
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        log.close()


def nginx(folder: Path, port: int) -> list[str]:
    (folder / "nginx.conf").write_text(
        f"daemon off; worker_processes 1; pid {folder}/nginx.pid; error_log {folder}/nginx.err;\n"
        "events { worker_connections 1024; }\n"
        f"http {{ access_log off; types {{ text/html html; }} server {{ listen 127.0.0.1:{port}; root {folder}; }} }}\n"
    )
    return ["nginx", "-c", f"{folder}/nginx.conf", "-e", f"{folder}/nginx.err"]


def e2guardian(folder: Path, port: int) -> list[str]:
    """Debian's configuration, with ports and folders of its own."""
    home = folder / "e2guardian"
    shutil.copytree(E2GUARDIAN, home)
    for path in home.rglob("*"):
        if path.is_file():
            path.write_bytes(path.read_bytes().replace(b"/etc/e2guardian", str(home).encode()))
    (home / "log").mkdir()
    main = home / "e2guardian.conf"
    text = main.read_text(encoding="latin-1")
    for pattern, line in (
        (r"(?m)^filterip =.*", "filterip = 127.0.0.1"),
        (r"(?m)^filterports =.*", f"filterports = {port}"),
        (r"(?m)^transparenthttpsport.*", ""),
        (r"(?m)^checkip =.*", "checkip = 127.0.0.1"),
    ):
        text = regex.sub(pattern, line, text)
    text += f"\nloglocation = '{home}/log/access.log'\npidfilename = '{home}/pid'\ndaemonuser = 'e2guardian'\n"
    main.write_text(text + "daemongroup = 'e2guardian'\n", encoding="latin-1")
    subprocess.run(["chown", "-R", "e2guardian:e2guardian", str(home)], check=True)
    folder.chmod(0o755)
    return ["/usr/sbin/e2guardian", "-c", str(main), "-N"]


def load(
    script: Path, port: int, connections: int, seconds: float, *, same: bool = False
) -> tuple[float, float, float, int]:
    command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds:g}s", "--timeout", "20s", "-s", str(script)]
    environment = os.environ | ({"SAME": "1"} if same else {})
    output = subprocess.run(
        [*command, f"http://127.0.0.1:{port}/"], capture_output=True, text=True, check=True, env=environment
    ).stdout
    found = regex.search(r"RES (\S+) (\S+) (\S+) (\d+)", output)
    assert found is not None, output
    return float(found[1]), float(found[2]), float(found[3]), int(found[4])


def lag_of(console: int, seconds: float) -> list[float]:
    """Milliseconds that the event loop lags behind: the console runs in it, and asking for its health costs little."""

    async def once() -> float:
        start = time.perf_counter()
        reader, writer = await asyncio.open_connection("127.0.0.1", console)
        head = f"GET /.safeguard/health HTTP/1.1\r\nHost: 127.0.0.1:{console}\r\nConnection: close\r\n\r\n"
        writer.write(head.encode())
        await reader.read()
        writer.close()
        return (time.perf_counter() - start) * 1000

    async def many() -> list[float]:
        end = time.monotonic() + seconds
        found = []
        while time.monotonic() < end:
            found.append(await once())
            await asyncio.sleep(0.02)
        return found

    return asyncio.run(many())


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("page", type=Path)
    options.add_argument("--seconds", type=float, default=4)
    options.add_argument("--rounds", type=int, default=5)
    options.add_argument("--connections", type=int, default=16)
    arguments = options.parse_args()
    with tempfile.TemporaryDirectory() as scratch, contextlib.ExitStack() as stack:
        folder = Path(scratch)
        page = arguments.page.read_bytes()
        for number in range(PAGES):
            (folder / f"{number}.html").write_bytes(page + b"<p>%d</p>" % number)
        origin = free_port()
        script = folder / "wrk.lua"
        script.write_text(_LUA.format(pages=PAGES, port=origin))
        folder.chmod(0o755)
        stack.enter_context(running(nginx(folder, origin), origin, folder))
        bin_folder = Path(sys.executable).parent
        targets: dict[str, tuple[int, int]] = {}

        def start(name: str, port: int, command: list[str], **environment: str) -> None:
            targets[name] = (port, stack.enter_context(running(command, port, folder, **environment)))

        port = free_port()
        start(
            "mitmdump, nothing else", port,
            [str(bin_folder / "mitmdump"), "-q", "--listen-host", "127.0.0.1", "-p", str(port),
             "--set", f"confdir={folder}/m"],
        )  # fmt: skip
        port, console = free_port(), free_port()
        start(
            "safeguard proxy", port,
            [str(bin_folder / "safeguard"), "proxy", "--listen", f"127.0.0.1:{port}",
             "--console", f"127.0.0.1:{console}"],
            SAFEGUARD_HOME=f"{folder}/s",
        )  # fmt: skip
        if E2GUARDIAN.exists() and os.geteuid() == 0:
            port = free_port()
            start("e2guardian", port, e2guardian(folder, port))
        measured: dict[str, list[tuple[float, ...]]] = {name: [] for name in targets}
        for port, _ in targets.values():
            load(script, port, 8, 1)
        remembered = "safeguard proxy, the same page again"
        measured[remembered] = []
        turns = [(name, *target, False) for name, target in targets.items()]
        turns.append((remembered, *targets["safeguard proxy"], True))
        for _ in range(arguments.rounds):
            for name, port, process, same in turns:
                before = cpu_seconds(process)
                rate, p50, p99, errors = load(script, port, arguments.connections, arguments.seconds, same=same)
                cost = (cpu_seconds(process) - before) / (rate * arguments.seconds) * 1000
                measured[name].append((rate, p50, p99, errors, cost))
        print(f"{arguments.page.stat().st_size / 1024:.0f} KB page, {arguments.connections} connections\n")
        print("| | requests/s | p50 ms | p99 ms | errors | CPU ms a request |")
        print("|---|---:|---:|---:|---:|---:|")
        for name, rows in measured.items():
            rate, p50, p99, errors, cost = (statistics.median(column) for column in zip(*rows, strict=True))
            print(f"| {name} | {rate:.0f} | {p50:.1f} | {p99:.1f} | {errors:.0f} | {cost:.2f} |")
        with subprocess.Popen(
            ["wrk", "-t1", f"-c{arguments.connections}", "-d6s", "-s", str(script),
             f"http://127.0.0.1:{targets['safeguard proxy'][0]}/"],
            stdout=subprocess.DEVNULL,
        ) as burden:  # fmt: skip
            lags = sorted(lag_of(console, 5))
            burden.wait()
        print(
            f"\nThe proxy's event loop, asked for its health beside that load: p50 {lags[len(lags) // 2]:.1f} ms, ",
            end="",
        )
        print(f"p99 {lags[int(len(lags) * 0.99)]:.1f} ms ({len(lags)} requests).")


if __name__ == "__main__":
    main()
