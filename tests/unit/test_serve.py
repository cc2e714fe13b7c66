"""What `serve` is told, what it refuses before it starts anything, and where it says it answers."""

import argparse
import runpy
import socket
from pathlib import Path

import pytest

from evenhand import serve
from evenhand.base.errors import Misconfigured
from evenhand.connectors.matrix.homeserver import free_port
from evenhand.serve import Site, add_arguments, check_ports
from evenhand.supervisor import alone

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
    with alone(tmp_path / "home"):
        pass

    assert (tmp_path / "home").stat().st_mode & 0o777 == 0o700


def test_a_second_installation_in_one_state_folder_is_refused(tmp_path: Path):
    with alone(tmp_path), pytest.raises(Misconfigured) as caught, alone(tmp_path):
        pass

    assert "stop it first" in str(caught.value.fields["why"])


def test_a_state_folder_is_free_again_when_its_installation_ends(tmp_path: Path):
    with alone(tmp_path):
        pass
    with alone(tmp_path):
        pass


def test_a_port_on_which_somebody_answers_is_refused_by_its_option(tmp_path: Path):
    with socket.create_server(("127.0.0.1", 0)) as other:
        taken = other.getsockname()[1]
        with pytest.raises(Misconfigured) as caught:
            check_ports(Site(tmp_path, web_port=free_port(), door_port=taken))

    assert caught.value.fields["setting"] == "--door-port"
    check_ports(Site(tmp_path, web_port=free_port(), door_port=taken))


def test_one_port_for_two_doors_is_refused(tmp_path: Path):
    port = free_port()

    with pytest.raises(Misconfigured):
        check_ports(Site(tmp_path, web_port=port, door_port=port))


@pytest.mark.parametrize("word", ["0", "65536", "-1", "web"])
def test_what_is_no_port_is_refused(word: str, capsys: pytest.CaptureFixture[str]):
    parser = argparse.ArgumentParser()
    add_arguments(parser)

    with pytest.raises(SystemExit):
        parser.parse_args([f"--web-port={word}"])

    assert "from 1 to 65535" in capsys.readouterr().err


def settings_in(home: Path, **environment: str) -> dict[str, object]:
    """Gives the settings that a process of this home reads."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("EVENHAND_HOME", str(home))
        for name, value in environment.items():
            patch.setenv(name, value)
        return runpy.run_path(str(SETTINGS))
