"""Where the database is, without asking it."""

from pathlib import Path

from evenhand.database.addresses import (
    APP,
    SOCKET_NAME,
    SOCKET_PATH_BYTES_MAX,
    django_database,
    password_file,
    role_url,
    socket_folder,
)


def test_the_socket_lies_in_the_state_folder_where_its_name_is_short() -> None:
    assert socket_folder(Path("/srv/evenhand")) == Path("/srv/evenhand/postgres/run")


def test_a_long_state_folder_has_a_short_socket_of_its_own() -> None:
    one, other = Path("/srv/" + "a" * 120), Path("/srv/" + "b" * 120)

    for home in (one, other):
        path = socket_folder(home) / SOCKET_NAME
        assert len(str(path).encode()) <= SOCKET_PATH_BYTES_MAX
    assert socket_folder(one) != socket_folder(other)
    assert socket_folder(one) == socket_folder(one)


def test_a_role_address_carries_its_password_once_there_is_one(tmp_path: Path) -> None:
    before = role_url(tmp_path, APP)
    path = password_file(tmp_path, APP)
    path.parent.mkdir(parents=True)
    path.write_text("pass/word@1\n")

    entry = django_database(role_url(tmp_path, APP, database="other"))

    assert before.startswith("postgresql://evenhand_app@/evenhand?host=")
    assert (entry["USER"], entry["PASSWORD"], entry["NAME"]) == (APP, "pass/word@1", "other")
    assert entry["HOST"] == str(tmp_path / "postgres" / "run")


def test_an_operators_address_is_taken_apart() -> None:
    entry = django_database(
        "postgresql://app%40desk:s%2Fecret@db.example:6432/evenhand?sslmode=verify-full"
    )

    assert {name: entry[name] for name in ("NAME", "USER", "PASSWORD", "HOST", "PORT")} == {
        "NAME": "evenhand",
        "USER": "app@desk",
        "PASSWORD": "s/ecret",
        "HOST": "db.example",
        "PORT": "6432",
    }
    assert entry["OPTIONS"] == {"sslmode": "verify-full"}
