"""``safeguard proxy``: mitmproxy's machinery with our filter where its script loader stands, started in a safe order.

The rules, the model and every worker are loaded first; then the proxy listens; then the console. If any of that
fails, one sentence says why and nothing listens.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import signal
import socket
import time
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

import certifi
import uvicorn
from mitmproxy import addons
from mitmproxy.addons import clientplayback, command_history, errorcheck, onboarding, save, savehar, script, tlsconfig
from mitmproxy.certs import CertStore
from mitmproxy.master import Master
from mitmproxy.options import CONF_BASENAME, KEY_SIZE, Options
from OpenSSL import SSL

from proxy_addon import quiet
from proxy_addon.freshness import keep_lists_fresh
from proxy_addon.hooks import SafeguardAddon, ServerFirst
from proxy_addon.limits import bound_held_bodies
from proxy_addon.names import NameServer
from proxy_addon.recent import RecentVerdicts
from proxy_addon.setup import make_filter
from proxy_addon.workers import WorkerPool
from safeguard.console.app import ConsoleStatus, create_app
from safeguard.errors import ConfigError, ListenError, SafeguardError
from safeguard.guard import Guard
from safeguard.listen import authority, bind
from safeguard.resources import state_dir
from safeguard.store.appeals import Appeals
from safeguard.store.counters import Counters
from safeguard.web.judge import judge_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from starlette.applications import Starlette

    from proxy_addon.config import ProxyConfig
    from safeguard.web.filter import WebFilter

logger = logging.getLogger("safeguard.proxy")

# Of mitmproxy's addons, those that would write what people visit to disk, serve pages of their own or run scripts.
_LEFT_OUT: Final = (
    clientplayback.ClientPlayback,
    command_history.CommandHistory,
    onboarding.Onboarding,
    save.Save,
    savehar.SaveHar,
)
_CONSOLE_GRACE: Final = 1  # seconds that open connections to the console get at the end


class FilterMaster(Master):
    """mitmproxy with the filter built in: no scripts, so nothing can unload it while it runs."""

    def __init__(self, options: Options, addon: SafeguardAddon, web: WebFilter) -> None:
        super().__init__(options)
        self.listening = asyncio.Event()
        for default in addons.default_addons():
            if isinstance(default, script.ScriptLoader):
                self.addons.add(addon)
                self.addons.add(NameServer(web))
            elif not isinstance(default, _LEFT_OUT):
                self.addons.add(default)
            if isinstance(default, tlsconfig.TlsConfig):
                self.addons.add(ServerFirst(web))
        self.addons.add(_StartupCheck())

    async def running(self) -> None:
        """Called by mitmproxy once it listens."""
        await super().running()
        self.listening.set()


class _StartupCheck(errorcheck.ErrorCheck):
    """Stops at the first error logged during the start, as mitmproxy's own does, but says it in one sentence."""

    name = "errorcheck"  # by which the master finds it

    async def shutdown_if_errored(self) -> None:
        await asyncio.sleep(0)  # logging may still be under way
        if self.logger.has_errored:
            self.finish()  # type: ignore[no-untyped-call]
            reason = self.logger.has_errored[0].getMessage().partition("\n")[0]
            raise (ListenError if "listen" in reason else SafeguardError)(f"the proxy cannot start: {reason}")


class _Console(uvicorn.Server):
    """A server that leaves signals to the proxy."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def serve(config: ProxyConfig, announce: Callable[[str], None] = print) -> int:
    """Run the proxy and the console until Ctrl-C or SIGTERM.

    Args:
        announce: gets the text that says where everything is, once all of it listens.

    Returns:
        The exit code: 0.

    Raises:
        ListenError: an address is taken or not ours.
        ConfigError: the configuration cannot be followed.
        DataError: rules or model are missing or damaged.
    """
    with contextlib.suppress(asyncio.CancelledError):  # how a signal ends the main task
        asyncio.run(_run(config, announce))
    return 0


async def _run(config: ProxyConfig, announce: Callable[[str], None]) -> None:
    task, loop = asyncio.current_task(), asyncio.get_running_loop()
    assert task is not None
    # A signal that comes while the workers start waits until they have: half started processes cannot be ended cleanly.
    asked_to_stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, asked_to_stop.set)
    quiet.install()
    async with contextlib.AsyncExitStack() as stack:
        # Both addresses are tried before anything that takes time; the proxy's is let go for mitmproxy to bind.
        bind("proxy", config.listen).close()
        console_socket = stack.enter_context(contextlib.closing(bind("console", config.console)))
        config = config.model_copy(update={"console": console_socket.getsockname()[:2]})
        ca = make_ca(state_dir() / "ca")
        options = make_options(config, ca.parent)
        guard, counters, appeals = Guard.installed(logger.error), Counters(date.today), Appeals()
        web = make_filter(guard, config, counters, appeals, ca=ca, console=f"http://{authority(config.console)}")
        workers = await stack.enter_async_context(WorkerPool(config.workers, config.judge_seconds))
        if asked_to_stop.is_set():
            return
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, task.cancel)
        bound_held_bodies()
        master = FilterMaster(options, SafeguardAddon(web, RecentVerdicts(workers.judge, time.monotonic).judge), web)
        proxy_task = asyncio.create_task(master.run())
        stack.push_async_callback(_stop, master, proxy_task)
        await _first(proxy_task, asyncio.create_task(master.listening.wait()))
        config = config.model_copy(update={"listen": master.addons.get("proxyserver").listen_addrs()[0][:2]})
        status = ConsoleStatus(
            proxy=authority(config.listen),
            console=f"http://{authority(config.console)}",
            profile=config.profile,
            started=datetime.now(UTC),
            ca_pem=ca.read_bytes,
            counts=counters.today,
            appeals=appeals.open,
            healthy=lambda: {"proxy": not proxy_task.done(), "workers": workers.healthy},
        )

        console = _Console(console_settings(create_app(status, partial(judge_text, guard))))
        console_task = asyncio.create_task(console.serve([console_socket]))
        stack.push_async_callback(_stop_console, console, console_task)
        if config.update_hours:
            freshness = asyncio.create_task(keep_lists_fresh(config.update_hours))
            stack.push_async_callback(_cancel, freshness)
        announce(banner(config))
        await _first(proxy_task, console_task)  # neither runs without the other


async def _first(*tasks: asyncio.Task[None] | asyncio.Task[bool]) -> None:
    """Wait for the first of some tasks; if it failed, raise what it raised."""
    done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    for task in done:
        task.result()


async def _stop(master: FilterMaster, task: asyncio.Task[None]) -> None:
    master.should_exit.set()
    await asyncio.gather(task, return_exceptions=True)


async def _cancel(task: asyncio.Task[None]) -> None:
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def _stop_console(console: _Console, task: asyncio.Task[None]) -> None:
    console.should_exit = True
    await asyncio.gather(task, return_exceptions=True)


def console_settings(app: Starlette) -> uvicorn.Config:
    """How the console is served: it logs nothing, because its addresses name what people look at."""
    return uvicorn.Config(
        app, log_config=None, access_log=False, lifespan="off", timeout_graceful_shutdown=_CONSOLE_GRACE
    )


def make_options(config: ProxyConfig, confdir: Path) -> Options:
    """Mitmproxy's options for a configuration.

    Raises:
        ConfigError: the further authorities cannot be read.
    """
    options = Options()
    # Options of addons that are not loaded yet are kept until they are.
    options.update_defer(
        mode=["regular"] if config.dns is None else ["regular", f"dns@{authority(config.dns)}"],
        dns_name_servers=list(config.dns_upstream),
        listen_host=config.listen[0],
        listen_port=config.listen[1],
        confdir=str(confdir),
        # Connect to a server only when a request is let through, so that blocked addresses see nothing.
        connection_strategy="lazy",
        # The certificates that we make name one host each, so that browsers do not reuse a connection for another.
        upstream_cert=False,
        # What is neither HTTP nor TLS could not be looked into: tunnels are for the web only.
        rawtcp=False,
        ssl_verify_upstream_trusted_ca=make_trust(config.upstream_ca, confdir),
    )
    return options


def make_trust(further: Path | None, folder: Path) -> str | None:
    """A PEM file of the usual authorities and further ones; ``None`` where the usual ones are enough.

    Raises:
        ConfigError: the file with the further ones cannot be read, or holds no certificate.
    """
    if further is None:
        return None
    try:
        SSL.Context(SSL.TLS_METHOD).load_verify_locations(str(further))
        # mitmproxy's option takes the place of the usual authorities, so one file has to hold them all.
        both = Path(certifi.where()).read_bytes() + b"\n" + further.read_bytes()
        target = folder / "upstream.pem"
        target.write_bytes(both)
    except (OSError, SSL.Error) as error:
        raise ConfigError(f"upstream_ca: {further} cannot be read as certificates in PEM form") from error
    return str(target)


def make_ca(folder: Path) -> Path:
    """Make this installation's certificate authority unless it is there.

    Returns:
        The PEM file of the certificate (without the key), which devices are to trust.

    Raises:
        ConfigError: the folder cannot be written.
    """
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not (folder / f"{CONF_BASENAME}-ca.pem").exists():
            # The name is what people see in the settings of their device; the host tells two installations apart.
            name = f"safeguard on {socket.gethostname()}"[:64]
            CertStore.create_store(folder, CONF_BASENAME, KEY_SIZE, organization="safeguard", cn=name)
        CertStore.from_store(folder, CONF_BASENAME, KEY_SIZE)
    except OSError as error:
        raise ConfigError(f"cannot keep the certificate authority in {folder}: {error.strerror}") from error
    except ValueError as error:
        raise ConfigError(
            f"the certificate authority in {folder} is damaged: restore it, or delete the folder"
        ) from error
    return folder / f"{CONF_BASENAME}-ca-cert.pem"


def banner(config: ProxyConfig) -> str:
    """What is printed at the start: every address on a line of its own, and how to try it."""
    proxy, console = authority(config.listen), authority(config.console)
    lines = [
        f"proxy    http://{proxy}",
        f"console  http://{console}",
        f"CA       http://{console}/ca  (install it on each device; http://{console}/setup says how)",
        *([f"DNS      {authority(config.dns)}"] if config.dns else []),
        f"profile  {config.profile}",
        "try it   http://try.safeguard.test/  in a browser that uses the proxy, or:",
        f"         curl -x http://{proxy} http://try.safeguard.test/probe/vi/gambling",
    ]
    for name, address in (("proxy", config.listen), ("console", config.console), ("DNS server", config.dns)):
        if address is not None and address[0] not in ("127.0.0.1", "::1", "localhost"):
            lines.append(f"warning  the {name} can be reached from the network at {authority(address)}")
    return "\n".join(lines)
