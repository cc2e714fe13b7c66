"""What `serve` is told, what it refuses before it starts anything, and where it says it answers."""

import runpy
from pathlib import Path

import pytest

from evenhand import serve
from evenhand.serve import Site, make_secrets

SETTINGS = Path(serve.__file__).with_name("settings.py")


def test_what_the_operator_set_wins_over_what_serve_would_say(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    token = tmp_path / "elsewhere.token"
    monkeypatch.setenv("EVENHAND_PUBLIC_URL", "https://safety.example")
    monkeypatch.setenv("EVENHAND_DOOR_TOKEN_FILE", str(token))

    site = Site(tmp_path)

    assert site.settings()["EVENHAND_PUBLIC_URL"] == site.public_url == "https://safety.example"
    assert site.settings()["EVENHAND_DOOR_TOKEN_FILE"] == str(token)


def test_what_a_site_brings_wins_over_what_the_operator_set(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("EVENHAND_PUBLIC_URL", "https://safety.example")
    monkeypatch.setenv("EVENHAND_MESSENGER", "memory")
    own = {"EVENHAND_PUBLIC_URL": "http://localhost:9", "EVENHAND_MESSENGER": "synapse"}

    site = Site(tmp_path, environment=own)

    assert site.settings()["EVENHAND_PUBLIC_URL"] == "http://localhost:9"
    assert site.messenger == "synapse"


def test_without_an_address_the_port_says_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("EVENHAND_PUBLIC_URL", raising=False)

    assert (
        Site(tmp_path, web_port=9000).settings()["EVENHAND_PUBLIC_URL"] == "http://localhost:9000"
    )


def test_commands_make_links_with_the_address_that_serve_answered_under(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.delenv("EVENHAND_PUBLIC_URL", raising=False)
    (tmp_path / "public_url").write_text("http://localhost:9000")

    assert settings_in(tmp_path)["PUBLIC_URL"] == "http://localhost:9000"


def test_a_new_state_folder_is_its_owners_alone(tmp_path: Path):
    make_secrets(Site(tmp_path / "home"))

    assert (tmp_path / "home").stat().st_mode & 0o777 == 0o700


def settings_in(home: Path, **environment: str) -> dict[str, object]:
    """Gives the settings that a process of this home reads."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("EVENHAND_HOME", str(home))
        for name, value in environment.items():
            patch.setenv(name, value)
        return runpy.run_path(str(SETTINGS))
