"""A web server for the tests: pages good and bad, in every coding, over HTTP/1.1, HTTP/2 and WebSocket."""

from __future__ import annotations

import asyncio
import gzip
import json
import zlib
from typing import Any
from urllib.parse import unquote

import brotli
import zstandard
from pdfs import pdf

BENIGN = (
    "<!doctype html><html lang=vi><meta charset=utf-8><title>Quang hợp - Sinh học 6</title><h1>Quang hợp là gì?</h1>"
    "<p>Quang hợp là quá trình cây xanh dùng ánh sáng mặt trời để tạo ra chất hữu cơ từ nước và khí cacbônic. Lá cây "
    "chứa chất diệp lục, nhờ đó lá có màu xanh và thu được năng lượng ánh sáng. Trong giờ thực hành, học sinh lớp 6A "
    "quan sát lá rong đuôi chó thải khí ôxi ngoài sáng, ghi kết quả vào vở rồi vẽ sơ đồ quang hợp.</p></html>"
).encode()
GAMBLING = (
    "<!doctype html><html lang=vi><meta charset=utf-8><title>Nhà cái uy tín</title><h1>Nhà cái uy tín hàng đầu</h1>"
    "<p>Đăng ký nhận ngay 100k, nạp lần đầu thưởng 100%. Cá cược bóng đá, casino trực tuyến, nổ hũ, tài xỉu, xóc đĩa, "
    "bắn cá đổi thưởng. Nạp rút 24/7, tỷ lệ cược cao nhất, hoàn trả mỗi ngày.</p></html>"
).encode()

FORUM = (
    "<!doctype html><html lang=vi><meta charset=utf-8><title>Lớp 7A hỏi bài</title><h1>Hỏi bài sinh học</h1><ul>"
    "<li class=comment><b>An</b><p>Bài này hay quá, cảm ơn thầy đã giảng kỹ phần quang hợp cho tụi em.</p></li>"
    "<li class=comment><b>xx</b><p>Nhà cái uy tín số 1, nạp đầu tặng 100%, quay hũ nổ lớn, cá cược bóng đá</p></li>"
    "<li class=comment><b>Mai</b><p>Mình làm câu 3 ra kết quả khác, có ai giống mình không, chỉ giúp với?</p></li>"
    "<li class=comment><b>Hà</b><p>Nhóm em chọn đề tài về rừng ngập mặn Cần Giờ, tuần sau đi chụp ảnh.</p></li>"
    "</ul><script>document.title += ' ' + document.querySelectorAll('.comment').length</script></html>"
).encode()

CHAT_GOOD = (
    "Quang hợp là quá trình cây xanh dùng ánh sáng mặt trời để tạo ra chất hữu cơ từ nước và khí cacbônic. Lá cây chứa "
    "chất diệp lục, nhờ đó lá có màu xanh và thu được năng lượng ánh sáng."
)
CHAT_BAD = (
    "Được chứ, mình gợi ý cho bạn nhé. Nhà cái này uy tín số 1, nạp đầu tặng 100%, quay hũ nổ lớn mỗi ngày, cá cược "
    "bóng đá nhận thưởng ngay, tài xỉu, xóc đĩa, bắn cá đổi thưởng. Bạn bấm vào đường dẫn ở cuối để đăng ký tài khoản."
)

_CASINO = "Best online casino, deposit now and get a 100% bonus, spin the slots and win real money every day."
DOCUMENTS = {
    "good": pdf("Photosynthesis is how green plants make food from light, water and carbon dioxide in their leaves."),
    "bad": pdf(_CASINO),
    "sealed": pdf(_CASINO, password=True),
}

CODERS = {
    "gzip": gzip.compress,
    "deflate": zlib.compress,
    "br": brotli.compress,
    "zstd": zstandard.ZstdCompressor().compress,
}
CHUNK = b"\x00" * 65536
DOWNLOAD = 4 << 20
HTML = (b"content-type", b"text/html; charset=utf-8")

release = asyncio.Event()


async def app(scope: dict[str, Any], receive: Any, send: Any) -> None:
    if scope["type"] == "websocket":
        await _echo(receive, send)
    elif scope["type"] == "http":
        await _page(scope, receive, send)


async def _echo(receive: Any, send: Any) -> None:
    while (event := await receive())["type"] != "websocket.disconnect":
        if event["type"] == "websocket.connect":
            await send({"type": "websocket.accept"})
        else:
            await send({"type": "websocket.send", "text": event["text"]})


async def _page(scope: dict[str, Any], receive: Any, send: Any) -> None:
    async def answer(body: bytes, *headers: tuple[bytes, bytes], status: int = 200) -> None:
        sized = (b"content-length", str(len(body)).encode())
        await send({"type": "http.response.start", "status": status, "headers": [*headers, sized]})
        await send({"type": "http.response.body", "body": body})

    name, _, coding = scope["path"].strip("/").partition("/")
    page = {"benign": BENIGN, "gambling": GAMBLING, "forum": FORUM}.get(name)
    if page is not None and coding in CODERS:
        await answer(CODERS[coding](page), HTML, (b"content-encoding", coding.encode()), (b"alt-svc", b'h3=":443"'))
    elif page is not None and coding == "chunked":
        await send({"type": "http.response.start", "status": 200, "headers": [HTML]})
        for start in range(0, len(page), 50):
            await send({"type": "http.response.body", "body": page[start : start + 50], "more_body": True})
        await send({"type": "http.response.body"})
    elif page is not None and coding == "untyped":
        await answer(page)
    elif page is not None:
        await answer(page, HTML)
    elif name == "chat":  # an assistant's answer, word by word
        said = {"good": CHAT_GOOD, "bad": CHAT_BAD}[coding.partition("-")[0]]
        compress = zlib.compressobj(wbits=31) if coding.endswith("gzip") else None
        extra = [(b"content-encoding", b"gzip")] if compress else []
        headers = [(b"content-type", b"text/event-stream"), *extra]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        for word in said.split():
            event = {"id": "x1", "choices": [{"index": 0, "delta": {"content": word + " "}}]}
            data = f"data: {json.dumps(event)}\n\n".encode()
            if compress:
                data = compress.compress(data) + compress.flush(zlib.Z_SYNC_FLUSH)
            await send({"type": "http.response.body", "body": data, "more_body": True})
        tail = b"data: [DONE]\n\n"
        await send(
            {"type": "http.response.body", "body": compress.compress(tail) + compress.flush() if compress else tail}
        )
    elif name == "document":
        await answer(DOCUMENTS[coding], (b"content-type", b"application/pdf"))
    elif name == "broken":
        await answer(b"this is not gzip", HTML, (b"content-encoding", b"gzip"))
    elif name == "bomb":
        await answer(gzip.compress(b"a " * 10_000_000), HTML, (b"content-encoding", b"gzip"))
    elif name == "video":  # the second half comes only when the client has said that it saw the first
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"video/mp4")]})
        await send({"type": "http.response.body", "body": CHUNK, "more_body": True})
        await release.wait()
        await send({"type": "http.response.body", "body": CHUNK})
    elif name == "release":
        release.set()
        await answer(b"", (b"content-type", b"image/png"))
    elif name == "endless":
        await send({"type": "http.response.start", "status": 200, "headers": [HTML]})
        for _ in range(1024):  # 64 MiB, more than may be held
            await send({"type": "http.response.body", "body": b"word " * 13107, "more_body": True})
        await send({"type": "http.response.body"})
    elif name == "as":  # the gambling page under another type, or under several
        types = [(b"content-type", kind.encode()) for kind in unquote(scope["query_string"].decode()).split("|")]
        await answer(GAMBLING, *types)
    elif name == "part":
        await answer(GAMBLING, HTML, (b"content-range", b"bytes 0-99/900"), status=206)
    elif name == "download":  # no length and a type that says nothing: first bytes show that it is no text
        await send({"type": "http.response.start", "status": 200, "headers": []})
        for _ in range(DOWNLOAD // len(CHUNK)):
            await send({"type": "http.response.body", "body": CHUNK, "more_body": True})
        await send({"type": "http.response.body"})
    elif name == "scroll":  # text without type and length
        await send({"type": "http.response.start", "status": 200, "headers": []})
        for _ in range(64):
            await send({"type": "http.response.body", "body": b"word " * 13107, "more_body": True})
        await send({"type": "http.response.body"})
    elif name == "book":
        await answer(b"word " * 100_000, HTML)
    elif name == "headers":
        seen = {key.decode(): value.decode() for key, value in scope["headers"]}
        text = json.dumps({"http": scope["http_version"], "headers": seen})
        await answer(b"", (b"x-seen", text.encode()))
    elif name == "sign-up":
        body = (await receive()).get("body", b"")
        if body:
            await answer(b"<title>Received</title><p>" + body.replace(b"&", b" "), HTML)
        else:
            form = "<form method=post><input name=name><input name=phone><button>Gửi</button></form>"
            await answer(f"<!doctype html><title>Sign up</title>{form}".encode(), HTML)
    elif name == "upload":
        size = 0
        while (event := await receive())["type"] == "http.request":
            size += len(event.get("body", b""))
            if not event.get("more_body"):
                break
        await answer(b"", (b"x-size", str(size).encode()))
    else:
        await answer(b"<p>Not found</p>", HTML, status=404)
