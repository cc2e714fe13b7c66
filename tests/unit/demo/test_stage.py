"""The stage is one of its own, whatever the operator's environment says."""

from pathlib import Path

import pytest

from evenhand.demo.stage import Stage

OPERATORS = {
    "DATABASE_URL": "postgresql://evenhand_app@db.example/evenhand",
    "EVENHAND_OWNER_DATABASE_URL": "postgresql://evenhand_owner@db.example/evenhand",
    "EVENHAND_PUBLIC_URL": "https://safety.example",
    "EVENHAND_DOOR_TOKEN_FILE": "/srv/evenhand/keys/door.token",
}


@pytest.fixture
def stage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Stage:
    for name, value in OPERATORS.items():
        monkeypatch.setenv(name, value)
    return Stage(tmp_path, lambda said: None)


def test_a_demo_never_plays_into_an_operators_database(stage: Stage):
    assert stage.site.embedded_database
    assert not stage.site.settings()["EVENHAND_OWNER_DATABASE_URL"]


def test_a_demo_answers_here_and_keeps_its_token_in_its_folder(stage: Stage, tmp_path: Path):
    assert stage.site.public_url == f"http://localhost:{stage.site.web_port}"
    assert stage.site.door_token_file.is_relative_to(tmp_path)
