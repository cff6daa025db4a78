"""The DNS server, asked by dig and by Chromium; a small DNS server stands behind it."""

from __future__ import annotations

import ipaddress
import os
import socket
import subprocess
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from components import require
from mitmproxy import dns
from mitmproxy.net.dns import types
from mitmproxy.proxy import mode_specs
from mitmproxy.test import tflow
from support import Origin, Start, free_port

from proxy_addon.names import NameServer

UPSTREAM = "127.0.0.9"  # mitmproxy asks port 53 and no other
ADDRESS = "127.0.0.1"  # of every name that is not filtered


@dataclass
class Upstream:
    asked: list[str]


@pytest.fixture(scope="module")
def upstream() -> Iterator[Upstream]:
    if os.geteuid() != 0:
        pytest.skip("port 53, which mitmproxy asks and no other, is for root")
    listener = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    listener.bind((UPSTREAM, 53))
    asked: list[str] = []

    def run() -> None:
        while True:
            data, client = listener.recvfrom(4096)
            if not data:
                return
            message = dns.DNSMessage.unpack(data)
            question = message.question
            assert question is not None
            asked.append(question.name)
            packed = ipaddress.ip_address(ADDRESS).packed
            answers = [dns.ResourceRecord(question.name, types.A, 1, 60, packed)] if question.type == types.A else []
            listener.sendto(message.succeed(answers).packed, client)

    thread = threading.Thread(target=run)
    thread.start()
    yield Upstream(asked)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as last:
        last.sendto(b"", (UPSTREAM, 53))
    thread.join()
    listener.close()


@dataclass
class Server:
    port: int

    def dig(self, *words: str) -> str:
        command = [require("dig"), "@127.0.0.1", "-p", str(self.port), "+tries=1", "+time=10", *words]
        return subprocess.run(command, capture_output=True, text=True, timeout=30, check=True).stdout

    def short(self, *words: str) -> list[str]:
        return self.dig("+short", *words).split()


@pytest.fixture(scope="module")
def server(start_proxy: Start) -> Server:
    port = free_port()
    settings = f'dns = "127.0.0.1:{port}"\ndns_upstream = ["{UPSTREAM}"]'
    running = start_proxy(settings)
    assert f"DNS      127.0.0.1:{port}" in running.banner
    return Server(port)


def test_good_names_are_answered_as_they_are(server: Server, upstream: Upstream) -> None:
    assert server.short("lesson.test") == [ADDRESS]
    assert server.short("+tcp", "lesson.test") == [ADDRESS]
    assert "lesson.test" in upstream.asked


@pytest.mark.parametrize("kind", ["A", "AAAA", "HTTPS", "TXT"])
def test_closed_names_do_not_exist_and_say_why(server: Server, kind: str) -> None:
    said = server.dig("www.pornhub.com", kind)
    assert "status: NXDOMAIN" in said
    assert "EDE: 17 (Filtered): (sexual)" in said
    assert "EDE" not in server.dig("+noedns", "www.pornhub.com", kind), "only to whom understands it"


def test_records_that_lead_elsewhere_are_empty(server: Server) -> None:
    assert server.short("www.google.com", "HTTPS") == []


def test_search_engines_get_the_address_of_their_safe_form(server: Server, upstream: Upstream) -> None:
    assert server.short("www.google.com.vn") == ["forcesafesearch.google.com.", ADDRESS]
    assert "forcesafesearch.google.com" in upstream.asked
    assert server.short("www.youtube.com") == ["restrict.youtube.com.", ADDRESS]


def test_where_the_safe_form_is_an_address_it_is_given(server: Server) -> None:
    assert server.short("yandex.ru") == ["213.180.193.56"]
    assert server.short("yandex.ru", "AAAA") == []


@pytest.mark.parametrize("name", ["use-application-dns.net", "mask.icloud.com"])
def test_browsers_are_told_not_to_go_past(server: Server, name: str) -> None:
    assert "status: NXDOMAIN" in server.dig(name)


def test_other_ways_of_dns_are_closed(server: Server) -> None:
    assert "EDE: 17 (Filtered): (bypass)" in server.dig("cloudflare-dns.com")


def test_names_that_are_no_hosts_pass(server: Server, upstream: Upstream) -> None:
    assert server.short("_dmarc.lesson.test") == [ADDRESS]


def dump(url: str, nameserver: str, folder: Path) -> str:
    """What Chromium shows, on a machine whose only DNS server is ours: in a mount namespace with its own settings."""
    settings = folder / "resolv.conf"
    settings.write_text(f"nameserver {nameserver}\n", encoding="utf-8")
    browser = f"{require('chromium')} --headless --no-sandbox --disable-gpu --user-data-dir={folder}/profile --dump-dom"
    script = f"mount --bind {settings} /etc/resolv.conf && exec {browser} '{url}'"
    command = [require("unshare"), "--mount", "sh", "-c", script]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=True).stdout


def test_chromium_follows(start_proxy: Start, upstream: Upstream, origin: Origin, tmp_path: Path) -> None:
    nameserver = "127.0.0.8"
    start_proxy(f'dns = "{nameserver}:53"\ndns_upstream = ["{UPSTREAM}"]')
    port = origin.http.rpartition(":")[2]
    assert "Quang hợp" in dump(f"http://lesson.test:{port}/benign", nameserver, tmp_path)
    stopped = dump(f"http://www.xvideos.com:{port}/benign", nameserver, tmp_path)
    assert "Quang hợp" not in stopped
    assert "www.xvideos.com" not in upstream.asked
    assert "Quang hợp" in dump(f"http://www.google.com:{port}/benign", nameserver, tmp_path)
    assert "www.google.com" not in upstream.asked


def test_a_fault_of_the_filter_answers_nothing() -> None:
    class Broken:
        def name(self, *_: object, **__: object) -> None:
            raise ValueError

    flow = tflow.tdnsflow()
    flow.client_conn.proxy_mode = mode_specs.ProxyMode.parse("dns@127.0.0.1:5353")
    NameServer(Broken()).dns_request(flow)  # type: ignore[arg-type]
    assert flow.response is not None
    assert flow.response.response_code == 2  # SERVFAIL
