from __future__ import annotations

import os
import signal
import socket
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from support import SAFEGUARD, Origin, free_port, processes_of

from proxy_addon.config import ProxyConfig
from proxy_addon.master import banner, bind, make_ca, make_trust
from safeguard import ConfigError, ListenError


def run(home: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    ports = ("--listen", f"127.0.0.1:{free_port()}", "--console", f"127.0.0.1:{free_port()}")
    return subprocess.run(
        [*SAFEGUARD, "proxy", *ports, *arguments],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env=os.environ | {"SAFEGUARD_HOME": str(home)} | environment,
    )


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("profile = 'teen'", "'teen'"),
        ("upstream_ca = '/nowhere.pem'", "/nowhere.pem"),
        ("[[clients]]\naddress = '10.0.0.1'\nprofile = 'x'", "clients.0.profile"),
    ],
)
def test_a_mistake_in_the_configuration_is_one_sentence(tmp_path: Path, text: str, part: str) -> None:
    (tmp_path / "proxy.toml").write_text(text)
    result = run(tmp_path, "--config", str(tmp_path / "proxy.toml"))
    assert result.returncode == 2
    assert result.stderr.count("\n") == 1
    assert part in result.stderr
    assert result.stdout == ""


def test_a_home_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    result = run(tmp_path / "file")
    assert result.returncode == 2
    assert "cannot keep the certificate authority" in result.stderr
    assert result.stderr.count("\n") == 1


_RACE = """
import sys
from proxy_addon import master
from proxy_addon.config import ProxyConfig
from safeguard import ListenError
real = master.bind
master.bind = lambda name, address: real(name, ("127.0.0.1", 0))  # sees nothing of what takes the port meanwhile
try:
    master.serve(ProxyConfig(listen=("127.0.0.1", int(sys.argv[1])), console=("127.0.0.1", 0), workers=1))
except ListenError as error:
    print(error)
"""


def test_a_port_that_is_taken_while_the_filter_loads(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        result = subprocess.run(
            [sys.executable, "-c", _RACE, str(taken.getsockname()[1])],
            capture_output=True,
            text=True,
            timeout=60,
            check=True,
            env=os.environ | {"SAFEGUARD_HOME": str(tmp_path)},
        )
    assert result.stdout.startswith("the proxy cannot start: ")
    assert result.stdout.count("\n") == 1
    assert "curl" not in result.stdout
    assert processes_of(tmp_path) == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_can_be_stopped_while_it_starts(tmp_path: Path, number: int) -> None:
    environment = os.environ | {"SAFEGUARD_HOME": str(tmp_path)}
    ports = ("--listen", f"127.0.0.1:{free_port()}", "--console", f"127.0.0.1:{free_port()}")
    process = subprocess.Popen(
        [*SAFEGUARD, "proxy", *ports], env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    while len(processes_of(tmp_path)) < 2:  # the first worker is loading
        assert process.poll() is None
    process.send_signal(number)
    out, err = process.communicate(timeout=30)
    assert (process.returncode, out, err) == (0, b"", b"")
    assert processes_of(tmp_path) == []


def test_the_authority_is_made_once_and_its_key_is_private(tmp_path: Path) -> None:
    certificate = make_ca(tmp_path / "deep" / "ca")
    assert stat.S_IMODE(certificate.parent.stat().st_mode) == 0o700
    assert b"PRIVATE KEY" not in certificate.read_bytes()
    for path in certificate.parent.iterdir():
        if b"PRIVATE KEY" in path.read_bytes():
            assert stat.S_IMODE(path.stat().st_mode) == 0o600
    before = certificate.read_bytes()
    assert make_ca(certificate.parent).read_bytes() == before


def test_a_damaged_authority_is_said_so(tmp_path: Path) -> None:
    make_ca(tmp_path)
    (tmp_path / "mitmproxy-ca.pem").write_text("nonsense")
    with pytest.raises(ConfigError, match="is damaged"):
        make_ca(tmp_path)


def test_further_authorities_are_added_to_the_usual_ones(tmp_path: Path, origin: Origin) -> None:
    assert make_trust(None, tmp_path) is None
    both = make_trust(origin.ca, tmp_path)
    assert both is not None
    text = Path(both).read_text()
    assert origin.ca.read_text() in text
    assert text.count("BEGIN CERTIFICATE") > 50


@pytest.mark.parametrize("text", [None, "nonsense"])
def test_further_authorities_that_are_none(tmp_path: Path, text: str | None) -> None:
    path = tmp_path / "further.pem"
    if text is not None:
        path.write_text(text)
    with pytest.raises(ConfigError, match=r"^upstream_ca: .*further.pem cannot be read"):
        make_trust(path, tmp_path)


def test_an_address_that_is_taken_or_not_ours() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(ListenError, match=f"the proxy cannot listen on 127.0.0.1:{port}: address already in use"):
            bind("proxy", ("127.0.0.1", port))
    with pytest.raises(ListenError, match=r"the console cannot listen on 192\.0\.2\.1:80: cannot assign"):
        bind("console", ("192.0.2.1", 80))


def test_the_banner_warns_of_what_others_can_reach() -> None:
    assert "warning" not in banner(ProxyConfig())
    text = banner(ProxyConfig(listen=("0.0.0.0", 8080), console=("::", 8081)))
    assert "warning  the proxy can be reached from the network at 0.0.0.0:8080" in text
    assert "warning  the console can be reached from the network at [::]:8081" in text
