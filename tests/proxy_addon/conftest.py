from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import threading
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypercorn.asyncio import serve
from hypercorn.config import Config

sys.path.insert(0, str(Path(__file__).parent))

with warnings.catch_warnings():
    # mitmproxy 12.2 calls pyparsing by names that pyparsing 3.3 deprecates; imported here, so that no test sees it.
    warnings.simplefilter("ignore", DeprecationWarning)
    import mitmproxy.addons  # noqa: F401

from support import SAFEGUARD, Origin, Running, Start, free_port, make_certificate, wait_for_port


@pytest.fixture(scope="session")
def origin(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Origin]:
    import origin as site

    folder = tmp_path_factory.mktemp("origin")
    certificate, key = make_certificate(folder)
    plain, secure = free_port(), free_port()
    config = Config()
    config.bind = [f"127.0.0.1:{secure}"]
    config.insecure_bind = [f"127.0.0.1:{plain}"]
    config.certfile, config.keyfile = str(certificate), str(key)
    config.loglevel = "CRITICAL"
    loop = asyncio.new_event_loop()
    stop = asyncio.Event()

    def run() -> None:
        loop.run_until_complete(serve(site.app, config, shutdown_trigger=stop.wait))

    thread = threading.Thread(target=run)
    thread.start()
    wait_for_port(plain)
    wait_for_port(secure)
    yield Origin(f"http://localhost:{plain}", f"https://localhost:{secure}", certificate)
    loop.call_soon_threadsafe(site.release.set)
    loop.call_soon_threadsafe(stop.set)
    thread.join(30)
    loop.close()


@pytest.fixture(scope="session")
def start_proxy(tmp_path_factory: pytest.TempPathFactory, origin: Origin) -> Iterator[Start]:
    """Starts proxies; all that still run are stopped in the end."""
    started: list[Running] = []

    def start(
        settings: str = "", profile: str = "lower_secondary", before: Callable[[Path], None] = lambda _: None
    ) -> Running:
        home = tmp_path_factory.mktemp("home")
        before(home)
        config = home / "proxy.toml"
        port, console = free_port(), free_port()
        config.write_text(
            f'listen = "127.0.0.1:{port}"\nconsole = "127.0.0.1:{console}"\nprofile = "{profile}"\nworkers = 1\n'
            f'upstream_ca = "{origin.ca}"\n{settings}\n',
            encoding="utf-8",
        )
        with (home / "log").open("wb") as log:
            process = subprocess.Popen(
                [*SAFEGUARD, "proxy", "--config", str(config)],
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                env=os.environ | {"SAFEGUARD_HOME": str(home), "PYTHONUNBUFFERED": "1"},
            )
        running = Running(process, port, console, home)
        started.append(running)
        assert process.stdout is not None
        while line := process.stdout.readline():
            running.banner.append(line.rstrip())
            if "curl" in line:
                return running
        raise AssertionError(f"the proxy ended at once with {process.wait()}: {running.banner}")

    yield start
    for running in started:
        running.stop()


@pytest.fixture(scope="session")
def proxy(start_proxy: Start) -> Running:
    """One proxy for all tests that do not need their own."""
    return start_proxy()
