from __future__ import annotations

from pathlib import Path

import pytest

from proxy_addon.config import ProxyConfig, load_proxy_config
from safeguard import ConfigError
from safeguard.listen import parse_listen
from safeguard.url.hosts import shipped_hosts
from safeguard.web.config import FilterConfig, load_config

CLIENTS = """
profile = "primary"
[[clients]]
address = "192.168.1.20"
profile = "staff"
[[clients]]
address = "192.168.1.0/24"
profile = "upper_secondary"
[[clients]]
address = "fd00::/8"
profile = "early_years"
"""


def written(tmp_path: Path, text: str | bytes) -> Path:
    path = tmp_path / "proxy.toml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


@pytest.mark.parametrize(
    ("client", "profile"),
    [
        ("192.168.1.20", "staff"),
        ("192.168.1.21", "upper_secondary"),
        ("::ffff:192.168.1.20", "staff"),
        ("fd00::1", "early_years"),
        ("10.0.0.1", "primary"),
        ("", "primary"),
    ],
)
def test_devices_have_profiles(tmp_path: Path, client: str, profile: str) -> None:
    assert load_config(FilterConfig, written(tmp_path, CLIENTS), {}).profile_of(client) == profile


def test_the_command_line_goes_before_the_file(tmp_path: Path) -> None:
    path = written(tmp_path, 'profile = "primary"\nlisten = "127.0.0.1:9"')
    config = load_proxy_config(path, {"listen": "[::1]:8080"})
    assert (config.profile, config.listen) == ("primary", ("::1", 8080))


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("profil = 'x'", ["profil", "did you mean 'profile'?"]),
        ("zzz = 1", ["zzz", "known are profile"]),
        ("judge_seconds = 'ten'", ["judge_seconds", "'ten' cannot be used", "valid number"]),
        ("hold_bytes = 1", ["hold_bytes", "1 cannot be used", "65536"]),
        ("profile = 'teen'", ["profile", "'teen'", "lower_secondary"]),
        ("language = 'fr'", ["language", "'fr'", "'vi' or 'en'"]),
        ("listen = '8080'", ["listen", "'8080'", "HOST:PORT"]),
        ("listen = 'a:99999'", ["listen", "HOST:PORT"]),
        ("never_decrypt = ['no host']", ["never_decrypt", "'no host'"]),
        ("[[clients]]\nprofile = 'staff'", ["clients.0.address", "missing"]),
        ("[[clients]]\naddress = 'x'\nprofile = 'staff'", ["clients.0.address", "'x'"]),
        ("[[clients]]\naddress = '1.2.3.4'\nprofile = 'x'", ["clients.0.profile", "'x'", "choose one of"]),
        ("[[clients]]\naddress = '1.2.3.4'\nprofiles = 'x'\nprofile = 'staff'", ["clients.0.profiles", "'profile'"]),
        ("timezone = 'Hanoi'", ["timezone", "'Hanoi'", "Asia/Ho_Chi_Minh"]),
        ("[[hours]]\nclosed = ['21:30']", ["hours.0.closed.0", "HH:MM-HH:MM"]),
        ("[[hours]]\nclosed = ['21:30-06:00']\ndays = 'x'", ["hours.0.days", "mon tue"]),
        ("[[hours]]\nclosed = ['21:30-06:00']\nday = 'mon'", ["hours.0.day", "did you mean 'days'?"]),
        ("[[hours]]\nclosed = ['21:30-06:00']\nprofile = 'x'", ["hours.0.profile", "choose one of"]),
        ("[[services]]\nclosed = ['tictok']", ["services.0.closed", "did you mean 'tiktok'?"]),
        ("[[services]]\nclosed = ['tiktok']\nprofile = 'x'", ["services.0.profile", "choose one of"]),
        ("microsoft_tenants = ['a.edu.vn']", ["microsoft_tenants needs microsoft_context"]),
        ("profile = ", ["not valid TOML", "end of document"]),
        (b"\xff\xfe", ["not valid TOML"]),
    ],
)
def test_a_mistake_is_one_sentence_with_file_and_setting(tmp_path: Path, text: str | bytes, parts: list[str]) -> None:
    path = written(tmp_path, text)
    with pytest.raises(ConfigError) as caught:
        load_proxy_config(path, {})
    message = str(caught.value)
    assert str(path) in message
    assert "\n" not in message
    for part in parts:
        assert part in message


def test_a_mistake_on_the_command_line_names_the_option(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"^--listen: 'x' cannot be used"):
        load_proxy_config(written(tmp_path, ""), {"listen": "x"})
    with pytest.raises(ConfigError, match=r"^--profile: unknown profile 'x'"):
        load_proxy_config(None, {"profile": "x"})


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"cannot read the configuration .*gone.toml: No such file"):
        load_config(FilterConfig, tmp_path / "gone.toml", {})


@pytest.mark.parametrize(
    ("text", "address"),
    [("127.0.0.1:8080", ("127.0.0.1", 8080)), ("[::]:1", ("::", 1)), ("localhost:0", ("localhost", 0))],
)
def test_addresses(text: str, address: tuple[str, int]) -> None:
    assert parse_listen(text) == address


def test_nothing_listens_beyond_this_machine_by_default() -> None:
    config = ProxyConfig()
    assert {config.listen[0], config.console[0]} == {"127.0.0.1"}


@pytest.mark.parametrize(
    ("host", "undecrypted"),
    [
        ("vietcombank.com.vn", True),
        ("www.Vietcombank.com.vn.", True),
        ("notvietcombank.com.vn", False),
        ("vietcombank.com.vn.evil.test", False),
        ("bank.test", True),
        ("my.bank.test", True),
        ("127.0.0.1", False),
        ("::1", False),
        ("", False),
        ("no host", False),
    ],
)
def test_hosts_that_are_never_decrypted(host: str, undecrypted: bool) -> None:
    assert FilterConfig(never_decrypt=frozenset({"Bank.test"})).is_undecrypted(host) is undecrypted


def test_the_shipped_list_has_no_suffix_that_holds_others() -> None:
    assert all(
        host.count(".") >= 1 and host not in ("com.vn", "gov.vn", "edu.vn") for host in shipped_hosts("never_decrypt")
    )
