"""Where the database is and who may go in: pure, so that settings can be read before it runs."""

import hashlib
import tempfile
from pathlib import Path
from urllib.parse import parse_qs, quote, unquote, urlsplit

from evenhand.base.errors import Misconfigured

OWNER = "evenhand_owner"
APP = "evenhand_app"
FORGET = "evenhand_forget"
SUPERUSER = "postgres"
ROLES = (OWNER, APP, FORGET)

DATABASE = "evenhand"
SOCKET_NAME = ".s.PGSQL.5432"
SOCKET_PATH_BYTES_MAX = 103
"""Bytes of a socket's path: 108 on Linux and 104 on other systems, with the closing zero."""


def socket_folder(home: Path) -> Path:
    """Gives the folder of the embedded server's socket: below `home` where the path is short."""
    folder = home / "postgres" / "run"
    if len(str(folder / SOCKET_NAME).encode()) <= SOCKET_PATH_BYTES_MAX:
        return folder
    digest = hashlib.sha256(str(home).encode()).hexdigest()[:16]
    return Path(tempfile.gettempdir()) / f"evenhand-{digest}"


def password_file(home: Path, role: str) -> Path:
    """Gives the file that holds the password of a role of the embedded server."""
    return home / "keys" / "postgres" / f"{role}.password"


def role_url(home: Path, role: str, *, database: str = DATABASE) -> str:
    """Gives the address of the embedded server for one role; without password before it is made."""
    path = password_file(home, role)
    password = ":" + quote(path.read_text().strip(), safe="") if path.exists() else ""
    host = quote(str(socket_folder(home)), safe="")
    return f"postgresql://{role}{password}@/{database}?host={host}"


def django_database(url: str, *, setting: str = "DATABASE_URL") -> dict[str, object]:
    """Gives Django's entry for a `postgresql://` address, or refuses the setting that holds it."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise Misconfigured(setting=setting, why="no address; the port may be wrong") from error
    if parts.scheme not in {"postgresql", "postgres"}:
        raise Misconfigured(setting=setting, why="does not begin with postgresql://")
    options = {key: values[-1] for key, values in parse_qs(parts.query).items()}
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.lstrip("/")) or DATABASE,
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": options.pop("host", unquote(parts.hostname or "")),
        "PORT": str(port or options.pop("port", "")),
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": options,
    }
