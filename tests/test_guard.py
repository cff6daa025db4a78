from __future__ import annotations

import io
import threading

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import safeguard
from safeguard import Action, Category, Guard, ImageError, InputError, TextError, Verdict

HARM = {
    "vi": "Nhà cái uy tín số 1, nạp đầu tặng 100%, quay hũ nổ lớn, cá cược bóng đá, tài xỉu online, rút tiền 24/7",
    "en": "Best online casino: deposit now for a 200% welcome bonus, free spins, live betting, fast withdrawal",
}
GOOD = {
    "vi": "Hôm nay lớp mình học về quang hợp. Thầy cho xem lá cây dưới kính hiển vi, ai cũng thích.",
    "en": "Today we learned about photosynthesis and looked at leaves under the microscope in class.",
}


@pytest.mark.parametrize("language", ["vi", "en"])
def test_harm_and_good(guard: Guard, language: str) -> None:
    verdict = guard.check_text(HARM[language])
    assert verdict.language == language
    assert verdict.top is not None
    assert verdict.top[0] is Category.GAMBLING
    assert guard.decide(verdict).action is Action.BLOCK
    assert guard.decide(guard.check_text(GOOD[language])).action is Action.ALLOW


def test_a_verdict_has_every_category_as_a_probability(guard: Guard) -> None:
    verdict = guard.check_text(HARM["vi"])
    assert set(verdict.scores) == set(Category)
    assert all(0 <= score <= 1 for score in verdict.scores.values())


def test_findings_point_into_the_text(guard: Guard) -> None:
    text = "😀 Xin chào! NHÀ CÁI UY TÍN số 1. " + HARM["vi"]
    findings = guard.check_text(text).findings
    assert any(finding.source.startswith("phrases/vi/gambling#") for finding in findings)
    assert any(finding.source.startswith("model/text@") for finding in findings)
    for finding in findings:
        assert text[finding.start : finding.end] == finding.text != ""


@settings(max_examples=25)
@given(st.lists(st.sampled_from([*HARM.values(), *GOOD.values(), "a", "?!", "Chào bạn"]), min_size=1, max_size=12))
def test_a_batch_is_judged_like_its_texts_one_by_one(guard: Guard, texts: list[str]) -> None:
    for together, text in zip(guard.check_texts(texts), texts, strict=True):
        alone = guard.check_text(text)
        assert together.findings == alone.findings
        assert together.scores == pytest.approx(dict(alone.scores), abs=1e-9)


def test_an_empty_batch(guard: Guard) -> None:
    assert guard.check_texts([]) == []


def test_signs_without_words_say_nothing(guard: Guard) -> None:
    assert guard.check_text("🙂🙂 !!! ...").top is None


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "empty"),
        (" \n ", "empty"),
        ("binary \x00 text", "binary"),
        (b"bytes", "bytes"),
        (None, "NoneType"),
        ("half \ud800 pair", "surrogate"),
        ("word " * 10_000_000, "characters"),
    ],
)
def test_what_is_no_text_is_a_typed_error(guard: Guard, text: str, message: str) -> None:
    with pytest.raises(TextError, match=message):
        guard.check_text(text)


def test_a_bad_text_in_a_batch_is_named(guard: Guard) -> None:
    with pytest.raises(TextError, match="text 1"):
        guard.check_texts(["good", ""])


def test_one_text_is_no_batch(guard: Guard) -> None:
    with pytest.raises(TextError, match="sequence"):
        guard.check_texts("abc")


def test_an_unknown_language(guard: Guard) -> None:
    with pytest.raises(InputError, match="'fr'"):
        guard.check_text("bonjour", language="fr")


def test_long_text_is_judged_as_a_whole(guard: Guard) -> None:
    mostly_good = " ".join([GOOD["vi"]] * 300 + [HARM["vi"]])
    assert guard.decide(guard.check_text(mostly_good)).action is Action.ALLOW
    assert guard.decide(guard.check_text(" ".join([HARM["vi"]] * 200))).action is Action.BLOCK


def test_threads_share_a_guard(guard: Guard) -> None:
    expected = guard.check_text(HARM["vi"]).scores
    results: list[Verdict] = []
    threads = [threading.Thread(target=lambda: results.append(guard.check_text(HARM["vi"]))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [dict(result.scores) for result in results] == [dict(expected)] * 8


def test_a_picture(guard: Guard) -> None:
    from PIL import Image

    stream = io.BytesIO()
    Image.new("RGB", (64, 64), "white").save(stream, "PNG")
    verdict = guard.check_image(stream.getvalue())
    assert verdict.scores[Category.SEXUAL] < 0.5


@pytest.mark.parametrize("data", [b"", b"not a picture", b"\x89PNG\r\n\x1a\n broken"])
def test_what_is_no_picture(guard: Guard, data: bytes) -> None:
    with pytest.raises(ImageError):
        guard.check_image(data)


def test_a_huge_picture_is_refused_before_it_is_decoded(guard: Guard) -> None:
    # A PNG header that claims 30,000 x 30,000 pixels.
    import struct
    import zlib

    header = struct.pack(">IIBBBBB", 30_000, 30_000, 8, 2, 0, 0, 0)
    chunk = struct.pack(">I", 13) + b"IHDR" + header + struct.pack(">I", zlib.crc32(b"IHDR" + header))
    with pytest.raises(ImageError):
        guard.check_image(b"\x89PNG\r\n\x1a\n" + chunk)


def test_everything_public_is_there() -> None:
    assert sorted(safeguard.__all__) == safeguard.__all__ or set(safeguard.__all__) <= set(dir(safeguard))
    for name in safeguard.__all__:
        assert getattr(safeguard, name) is not None
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = safeguard.nothing  # type: ignore[attr-defined]


UNSURE = "<p>Hôm nay có khuyến mãi, nạp thẻ nhận quà, quay số trúng thưởng cho thành viên mới, mời bạn tham gia.</p>"


def test_a_hint_makes_a_pages_own_words_count_for_more(guard: Guard) -> None:
    host = "https://live-casino-slots.test/"
    assert guard.hints(host) == (Category.GAMBLING,)
    for page in (UNSURE, "<p>Quang hợp là quá trình cây xanh dùng ánh sáng để tạo ra chất hữu cơ từ nước.</p>"):
        body = page.encode()
        plain = guard.check_page(body, content_type="text/html").scores
        hinted = guard.check_page(body, content_type="text/html", hints=guard.hints(host)).scores
        by_address = guard.check_page(body, content_type="text/html", url=host).scores
        assert hinted[Category.GAMBLING] == by_address[Category.GAMBLING]
        if plain[Category.GAMBLING] >= 0.05:
            assert hinted[Category.GAMBLING] > plain[Category.GAMBLING]
        else:
            assert hinted == plain, "a name alone does nothing"
        assert {name: hinted[name] for name in Category if name is not Category.GAMBLING} == {
            name: plain[name] for name in Category if name is not Category.GAMBLING
        }
    assert guard.check_page(UNSURE.encode(), content_type="text/html").scores[Category.GAMBLING] >= 0.05


def test_a_name_alone_closes_nothing(guard: Guard) -> None:
    verdict = guard.check_url("https://live-casino-slots.test/")
    assert guard.decide(verdict, "early_years").action is Action.ALLOW
    assert any(finding.source.startswith("model/hostnames@") for finding in verdict.findings)


def test_protected_hosts_get_no_hint(guard: Guard) -> None:
    assert guard.hints("https://eastmidlandsgambling.nhs.uk/") == ()
