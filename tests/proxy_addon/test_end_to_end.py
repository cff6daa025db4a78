"""Real clients and servers around a real ``safeguard proxy``."""

from __future__ import annotations

import json
import os
import signal
import ssl
import subprocess
import threading
import time
from pathlib import Path
from urllib.parse import quote

import httpx
import origin as site
import pytest
import websockets.sync.client
from components import require
from support import SAFEGUARD, Origin, Running, Start, processes_of

from safeguard.web.streams import MAX_MESSAGE

SCHEMES = ("http", "https")


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("coding", ["", "gzip", "deflate", "br", "zstd", "chunked", "untyped"])
def test_a_good_page_passes_byte_for_byte(proxy: Running, origin: Origin, scheme: str, coding: str) -> None:
    with proxy.client() as client, client.stream("GET", origin.url(scheme, f"benign/{coding}")) as response:
        raw = b"".join(response.iter_raw())
    assert response.status_code == 200
    expected = site.CODERS[coding](site.BENIGN) if coding in site.CODERS else site.BENIGN
    assert raw == expected
    assert "alt-svc" not in response.headers
    if scheme == "https":
        assert response.http_version == "HTTP/2"


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("coding", ["", "gzip", "deflate", "br", "zstd", "chunked", "untyped"])
def test_a_gambling_page_is_blocked(proxy: Running, origin: Origin, scheme: str, coding: str) -> None:
    with proxy.client() as client:
        response = client.get(origin.url(scheme, f"gambling/{coding}"), headers={"Accept-Language": "vi"})
    assert response.status_code == 403
    assert response.headers["x-safeguard-category"] == "gambling"
    assert response.headers["cache-control"] == "no-store"
    assert "nổ hũ" not in response.text
    assert '<html lang="vi"' in response.text


@pytest.mark.parametrize("coding", ["", "br"])
def test_one_comment_is_taken_out_of_a_forum(proxy: Running, origin: Origin, coding: str) -> None:
    with proxy.client() as client:
        response = client.get(origin.url("https", f"forum/{coding}"), headers={"Accept-Language": "vi"})
    assert response.status_code == 200
    assert response.headers["x-safeguard-action"] == "redact"
    assert "content-encoding" not in response.headers
    assert "Nội dung này đã được ẩn" in response.text
    assert "nổ hũ" not in response.text
    assert "rừng ngập mặn" in response.text


def said_in(stream: str) -> str:
    events = [line.removeprefix("data: ") for line in stream.splitlines() if line.startswith("data: {")]
    return "".join(json.loads(event)["choices"][0]["delta"]["content"] for event in events)


@pytest.mark.parametrize("http2", [False, True])
@pytest.mark.parametrize("coding", ["", "-gzip"])
def test_a_good_answer_of_an_assistant_comes_through(proxy: Running, origin: Origin, coding: str, http2: bool) -> None:
    with proxy.client(http2=http2) as client:
        response = client.get(origin.url("https", f"chat/good{coding}"))
    assert said_in(response.text).split() == site.CHAT_GOOD.split()
    assert response.text.endswith("data: [DONE]\n\n")


@pytest.mark.parametrize("http2", [False, True])
@pytest.mark.parametrize("coding", ["", "-gzip"])
def test_a_bad_answer_of_an_assistant_is_cut_with_a_notice(
    proxy: Running, origin: Origin, coding: str, http2: bool
) -> None:
    with proxy.client(http2=http2) as client:
        response = client.get(origin.url("https", f"chat/bad{coding}"), headers={"Accept-Language": "vi"})
        assert response.status_code == 200
        said = said_in(response.text)
        assert said.startswith("Được chứ")
        assert "Bộ lọc đã dừng nội dung ở đây" in said
        assert "đăng ký tài khoản" not in said
        assert response.text.endswith("data: [DONE]\n\n")
        assert client.get(origin.url("https", "benign")).content == site.BENIGN, "the connection stays in order"


def test_http_1_1_clients(proxy: Running, origin: Origin) -> None:
    with proxy.client(http2=False) as client:
        assert client.get(origin.url("https", "benign")).content == site.BENIGN
        assert client.get(origin.url("https", "gambling")).status_code == 403


def test_http_2_reaches_the_server(proxy: Running, origin: Origin) -> None:
    with proxy.client() as client:
        assert json.loads(client.get(origin.url("https", "headers")).headers["x-seen"])["http"] == "2"


def test_only_codings_that_can_be_undone_are_asked_for(proxy: Running, origin: Origin) -> None:
    with proxy.client() as client:
        headers = {"Accept-Encoding": "gzip, br;q=0.5, compress, dcb", "Range": "bytes=5-", "Accept": "text/html"}
        response = client.get(origin.url("http", "headers"), headers=headers)
    seen = json.loads(response.headers["x-seen"])["headers"]
    assert seen["accept-encoding"] == "gzip, br;q=0.5"
    assert "range" not in seen


@pytest.mark.parametrize("name", ["broken", "bomb"])
def test_what_cannot_be_read_is_refused(proxy: Running, origin: Origin, name: str) -> None:
    with proxy.client() as client:
        response = client.get(origin.url("https", name))
    assert response.status_code == 403
    assert response.headers["x-safeguard-category"] == "none"


@pytest.fixture(scope="module")
def tight(start_proxy: Start) -> Running:
    """A proxy that holds 64 KiB only."""
    return start_proxy("hold_bytes = 65536")


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("name", ["book", "endless", "scroll"])
def test_a_text_larger_than_may_be_held_is_refused(tight: Running, origin: Origin, scheme: str, name: str) -> None:
    with tight.client() as client:
        for _ in range(2):  # the connection stays in order
            response = client.get(origin.url(scheme, name), headers={"Accept-Language": "en"})
            assert response.status_code == 403
            assert "too large" in response.text
            assert client.get(origin.url(scheme, "benign")).content == site.BENIGN


@pytest.mark.parametrize("scheme", SCHEMES)
def test_a_download_without_type_is_not_held(tight: Running, origin: Origin, scheme: str) -> None:
    with tight.client() as client:
        assert len(client.get(origin.url(scheme, "download")).content) == site.DOWNLOAD


@pytest.mark.parametrize(
    "types",
    ["html", "text/html, image/png", "image/png, text/html", "image/png|text/html", "text/html|image/png", "*/*", "",
     "application/unknown", 'image/png; a=", text/css", text/html', "TEXT/HTML ; charset=utf-8"],
)  # fmt: skip
def test_no_type_hides_a_page(proxy: Running, origin: Origin, types: str) -> None:
    with proxy.client() as client:
        assert client.get(origin.url("https", f"as?{quote(types)}")).status_code == 403


def test_a_part_of_a_page_is_refused(proxy: Running, origin: Origin) -> None:
    with proxy.client() as client:
        assert client.get(origin.url("https", "part")).status_code == 403


def test_a_video_is_streamed_while_it_comes(proxy: Running, origin: Origin) -> None:
    with proxy.client() as client, client.stream("GET", origin.url("https", "video")) as response:
        chunks = response.iter_raw(len(site.CHUNK))
        assert next(chunks) == site.CHUNK  # the server sends the rest only after this
        client.get(origin.url("https", "release"))
        assert b"".join(chunks) == site.CHUNK


def test_a_large_upload_passes(proxy: Running, origin: Origin) -> None:
    with proxy.client() as client:
        response = client.post(origin.url("https", "upload"), content=b"x" * (5 << 20))
    assert response.headers["x-size"] == str(5 << 20)


def test_websocket_messages_pass(proxy: Running, origin: Origin) -> None:
    with websockets.sync.client.connect(
        origin.http.replace("http", "ws") + "/socket", proxy=proxy.address, open_timeout=20
    ) as socket:
        for number in range(5):
            socket.send(f"xin chào {number}")
            assert socket.recv(timeout=20) == f"xin chào {number}"


def test_a_harmful_message_of_a_websocket_is_masked(proxy: Running, origin: Origin) -> None:
    harm = {"id": 3, "text": "Nhà cái uy tín số 1, nạp đầu tặng 100%, quay hũ nổ lớn mỗi ngày, cá cược bóng đá"}
    with websockets.sync.client.connect(
        origin.http.replace("http", "ws") + "/socket", proxy=proxy.address, open_timeout=20
    ) as socket:
        socket.send(json.dumps(harm))
        said = json.loads(socket.recv(timeout=20))
        assert said["id"] == 3
        assert said["text"].startswith("[Bộ lọc đã dừng")
        socket.send("xin chào")
        assert socket.recv(timeout=20) == "xin chào"


TALK = [
    "Bài này thầy giảng kỹ lắm, ai cần thì mình gửi vở cho chép nhé",
    "Chiều mai tập văn nghệ lúc ba giờ ở nhà đa năng, nhớ mang áo trắng",
    "Câu năm mình ra x bằng bảy mà sách ghi khác, có ai ra giống mình không",
    "Hôm nay trời mưa to quá, đường trước cổng trường ngập nên mình vào lớp muộn",
    "Nhóm mình làm đề tài rừng ngập mặn, cần hai bạn vẽ bản đồ và một bạn thuyết trình",
    "Thư viện mới về mấy cuốn truyện tranh lịch sử hay lắm, đọc xong mình kể cho",
    "Đội bóng lớp mình thắng hai không, thứ sáu đá với lớp bên cạnh, ra cổ vũ nha",
]


def test_a_long_message_of_a_websocket_is_masked(proxy: Running, origin: Origin) -> None:
    harm = "Nhà cái uy tín số 1, nạp đầu tặng 100%, quay hũ nổ lớn mỗi ngày, cá cược bóng đá"
    talk = [{"from": f"bạn {number}", "text": text} for number, text in enumerate(TALK * 3)]
    assert len(json.dumps(talk)) > MAX_MESSAGE
    with websockets.sync.client.connect(
        origin.http.replace("http", "ws") + "/socket", proxy=proxy.address, open_timeout=20
    ) as socket:
        socket.send(json.dumps(talk))
        assert json.loads(socket.recv(timeout=20)) == talk
        socket.send(json.dumps([*talk, {"from": "xx", "text": harm}]))
        said = json.loads(socket.recv(timeout=20))
        assert said[:-1] == talk, "the others' messages stay"
        assert said[-1] == {"from": "xx", "text": "Nội dung này đã được ẩn."}
        socket.send(json.dumps({"text": [harm] * 40}))
        assert harm not in socket.recv(timeout=20)


def test_documents_are_judged(proxy: Running, origin: Origin) -> None:
    with proxy.client() as client:
        assert client.get(origin.url("https", "document/good")).status_code == 200
        refused = client.get(origin.url("https", "document/bad"), headers={"Accept-Language": "en"})
        assert refused.status_code == 403
        assert refused.headers["x-safeguard-category"] == "gambling"
        sealed = client.get(origin.url("https", "document/sealed"), headers={"Accept-Language": "en"})
        assert "password" in sealed.text


def test_advice_waits_for_what_a_script_sent(proxy: Running, origin: Origin) -> None:
    document = {"Sec-Fetch-Dest": "document", "Accept-Language": "en"}
    with proxy.client() as client:
        said = client.post(origin.url("https", "upload"), json={"text": "số mình nè 0912 345 678"})
        assert said.status_code == 200, "what is said goes on"
        assert int(said.headers["x-size"]) > 30, "and whole"
        advice = client.get(origin.url("https", "benign"), headers=document)
        assert advice.status_code == 403
        assert "You sent something private" in advice.text
        assert client.get(origin.url("https", "benign"), headers=document).status_code == 200


def test_a_listed_address_is_never_asked(proxy: Running) -> None:
    with proxy.client() as client:
        response = client.get("https://www.pornhub.com/", headers={"Accept-Language": "en"})
    assert response.status_code == 403
    assert response.headers["x-safeguard-category"] == "sexual"


def test_fronting_is_refused(proxy: Running, origin: Origin) -> None:
    with proxy.client() as client:
        assert client.get(origin.url("https", "benign"), headers={"Host": "other.test"}).status_code == 421


def test_an_appeal_is_taken_on_the_blocked_origin(proxy: Running, origin: Origin) -> None:
    with proxy.client() as client:
        response = client.post(
            origin.url("https", ".safeguard/appeal"),
            data={"category": "gambling", "note": "Em cần trang này cho bài tập"},
            headers={"Origin": origin.https, "Accept-Language": "vi"},
        )
        assert response.status_code == 200
        elsewhere = {"Origin": "https://elsewhere.test"}
        assert client.post(origin.url("https", ".safeguard/appeal"), headers=elsewhere).status_code == 403


def test_after_a_warning_one_may_go_on(start_proxy: Start, origin: Origin) -> None:
    with start_proxy(profile="staff").client() as client:
        url = origin.url("https", "gambling")
        assert client.get(url).status_code == 403
        form = {"url": "/gambling", "category": "gambling"}
        reply = client.post(origin.url("https", ".safeguard/continue"), data=form, headers={"Origin": origin.https})
        assert (reply.status_code, reply.headers["location"]) == (303, "/gambling")
        assert client.get(url).content == site.GAMBLING


def test_the_try_site_shows_the_filter_at_work(proxy: Running) -> None:
    with proxy.client() as client:
        index = client.get("http://try.safeguard.test/", headers={"Accept-Language": "en"})
        assert index.status_code == 200
        assert client.get("http://try.safeguard.test/ca.pem").content == proxy.ca.read_bytes()
        assert client.get("http://try.safeguard.test/probe/vi/gambling").status_code == 403
        assert client.get("http://try.safeguard.test/twin/vi/gambling").status_code == 200


@pytest.mark.parametrize("scheme", SCHEMES)
def test_what_takes_too_long_to_judge_is_not_shown(start_proxy: Start, origin: Origin, scheme: str) -> None:
    running = start_proxy("judge_seconds = 0.0001")
    with running.client() as client:
        for _ in range(3):
            response = client.get(origin.url(scheme, "benign"))
            assert response.status_code == 503
            assert "Quang hợp" not in response.text
    assert "the filter failed in response: TimeoutError" in running.log


def test_the_log_names_no_address(start_proxy: Start, origin: Origin) -> None:
    running = start_proxy()
    with running.client() as client:
        client.get(origin.url("https", "benign"))
        client.get(origin.url("https", "gambling"))
        assert client.get("https://gone.invalid/secret").status_code == 502
    with httpx.Client(proxy=running.address) as distrustful, pytest.raises(httpx.ConnectError):
        distrustful.get(origin.url("https", "benign"))
    assert running.stop() == 0
    assert "handshake failed" in running.log
    for part in ("localhost", "invalid", "secret", "127.0.0.1", "Traceback"):
        assert part not in running.log


def test_the_banner_names_every_address(proxy: Running) -> None:
    text = "\n".join(proxy.banner)
    for part in (f"127.0.0.1:{proxy.port}", f"127.0.0.1:{proxy.console}", "/ca", "try.safeguard.test", "curl"):
        assert part in text


def test_the_console_answers_and_counts_without_addresses(proxy: Running, origin: Origin) -> None:
    with proxy.client() as client:
        client.get(origin.url("https", "gambling"))
    base = f"http://127.0.0.1:{proxy.console}"
    assert httpx.get(f"{base}/.safeguard/health").json()["status"] == "ok"
    metrics = httpx.get(f"{base}/metrics").text
    assert 'category="gambling"' in metrics
    assert "localhost" not in metrics
    assert httpx.get(f"{base}/ca").content == proxy.ca.read_bytes()


def test_the_consoles_own_pages_pass_the_proxy(proxy: Running) -> None:
    with proxy.client() as client:
        for language in ("vi", "en"):
            assert client.get(f"http://127.0.0.1:{proxy.console}/setup?lang={language}").status_code == 200


def test_curl(proxy: Running, origin: Origin) -> None:
    curl = require("curl")
    command = [curl, "-sS", "-x", proxy.address, "--cacert", str(proxy.ca), "-w", "%{http_code} %{http_version}"]
    good = subprocess.run([*command, origin.url("https", "benign")], capture_output=True, timeout=60, check=True)
    assert good.stdout == site.BENIGN + b"200 2"
    bad = subprocess.run([*command, origin.url("https", "gambling")], capture_output=True, timeout=60, check=True)
    assert bad.stdout.endswith(b"403 2")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_stops_cleanly(start_proxy: Start, number: int) -> None:
    running = start_proxy()
    assert len(processes_of(running.home)) >= 2, "the proxy and at least one worker"
    running.process.send_signal(number)
    assert running.process.wait(30) == 0
    for _ in range(100):
        if not processes_of(running.home):
            break
        time.sleep(0.1)
    assert processes_of(running.home) == []


def test_workers_end_with_a_proxy_that_was_killed(start_proxy: Start) -> None:
    running = start_proxy()
    running.process.kill()
    running.process.wait(30)
    for _ in range(100):
        if not processes_of(running.home):
            break
        time.sleep(0.1)
    assert processes_of(running.home) == []


@pytest.mark.parametrize("who", ["listen", "console"])
def test_a_port_that_is_taken_is_one_sentence(proxy: Running, tmp_path: Path, who: str) -> None:
    result = subprocess.run(
        [*SAFEGUARD, "proxy", "--listen", "127.0.0.1:0", f"--{who}", f"127.0.0.1:{proxy.port}"],
        capture_output=True,
        text=True,
        timeout=60,
        env=os.environ | {"SAFEGUARD_HOME": str(tmp_path)},
    )
    assert result.returncode == 2
    assert result.stderr.count("\n") == 1
    assert f"cannot listen on 127.0.0.1:{proxy.port}" in result.stderr


# Without a certificate


def test_hosts_are_closed_by_name_where_nothing_is_decrypted(start_proxy: Start, origin: Origin) -> None:
    running = start_proxy("decrypt = false")
    trust = ssl.create_default_context(cafile=str(origin.ca))  # and nothing of ours
    with httpx.Client(proxy=running.address, verify=trust, timeout=30) as client:
        assert client.get(origin.url("https", "gambling")).status_code == 200, "pages are not looked into"
        with pytest.raises(httpx.ProxyError, match="403"):
            client.get("https://www.pornhub.com/")
        assert client.get(origin.url("http", "gambling")).status_code == 403, "what is not encrypted is"


# Lists


def test_new_lists_are_taken_up_under_load(start_proxy: Start, origin: Origin, tmp_path: Path) -> None:
    running = start_proxy()
    names = tmp_path / "list.txt"
    names.write_text("".join(f"casino{number}.test\n" for number in range(50_000)), encoding="utf-8")
    home = os.environ | {"SAFEGUARD_HOME": str(running.home)}
    stop, answers = threading.Event(), []

    def load() -> None:
        with running.client() as client:
            while not stop.is_set():
                answers.append(client.get(origin.url("http", "benign")).status_code)

    threads = [threading.Thread(target=load) for _ in range(3)]
    for thread in threads:
        thread.start()
    try:
        subprocess.run([*SAFEGUARD, "lists", "add", str(names), "-c", "gambling"], env=home, check=True, timeout=60)
        for _ in range(3):
            subprocess.run([*SAFEGUARD, "lists", "update"], env=home, check=True, timeout=60, stdout=subprocess.DEVNULL)
        with running.client() as client:
            for _ in range(100):
                response = client.get("http://www.casino49999.test/")
                if response.headers.get("x-safeguard-category") == "gambling":
                    break
                time.sleep(0.1)
            else:
                pytest.fail("the new list is not in force")
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    assert len(answers) > 20
    assert set(answers) == {200}, "not one request was lost"


def test_the_proxy_keeps_its_lists_fresh_by_itself(start_proxy: Start, tmp_path: Path) -> None:
    names = tmp_path / "list.txt"
    names.write_text("casino.test\n", encoding="utf-8")

    def subscribe(home: Path) -> None:
        command = [*SAFEGUARD, "lists", "add", str(names), "-c", "gambling"]
        subprocess.run(command, env=os.environ | {"SAFEGUARD_HOME": str(home)}, check=True, timeout=60)

    running = start_proxy(before=subscribe)
    with running.client() as client:
        for _ in range(200):
            if client.get("http://casino.test/").headers.get("x-safeguard-category") == "gambling":
                break
            time.sleep(0.1)
        else:
            pytest.fail("the list is not in force")
