"""A Synapse of our own on loopback, for the demo and the tests; never for an operator's users.

The configuration is written whole: the file that Synapse generates ends in a comment without a
newline, to which an appended key would stick.
"""

import hashlib
import hmac
import json
import os
import secrets
import socket
import subprocess
import sys
import time
from base64 import b64encode
from contextlib import suppress
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import Literal

import httpx
import yaml

from evenhand.base.errors import Misconfigured, Unavailable
from evenhand.connectors.matrix.notices import NOTICES

ModuleName = Literal["evenhand", "http_antispam", "none"]

SERVER_NAME = "evenhand.test"
SAFETY = "safety"
"""The administrator's name; the account stays in rooms that are blocked."""

COLLECTOR = "collector"
"""The name of the administrator whose token the collector alone holds."""

SEARCH = "evenhand-search"
"""The name of the account by which the search reads; it administers nothing and is in no room."""

DESK = "desk"
"""The name of the desk's own account, to which people write; it administers nothing."""

PORTS = range(20_000, 32_768)
"""Ports to listen on: the kernel gives those from 32768 on to connections that go out, and a port
that is shut for a moment, as at a restart, would be lost to one of them."""

BOOT_SECONDS_MAX = 120.0
STOP_SECONDS_MAX = 10.0

_OPEN = {"per_second": 10_000, "burst_count": 10_000}

ANTISPAM_CALLBACKS = (
    "check_event_for_spam",
    "user_may_join_room",
    "user_may_create_room",
    "user_may_create_room_alias",
    "user_may_publish_room",
    "user_may_invite",
    "check_login_for_spam",
)
"""Callbacks listed for synapse-http-antispam: without a list it crashes on Synapse 1.163."""


@dataclass(frozen=True, slots=True)
class HomeserverSettings:
    """How the Synapse is set up.

    door_url         base address that its module asks; empty: no module is loaded
    door_token_file  the token that its module shows
    module           which of the two modules that speak to the door
    budget_ms        time that our module waits for the door
    password         of the administrator `safety`
    search_url       base address that is told where something is new; empty: nobody is
    """

    folder: Path
    port: int
    password: str
    door_url: str = ""
    door_token_file: Path = Path("door.token")
    module: ModuleName = "evenhand"
    server_name: str = SERVER_NAME
    search_url: str = ""
    budget_ms: int = 400

    @property
    def url(self) -> str:
        """The address at which Synapse answers."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def file(self) -> Path:
        """Where the configuration stands."""
        return self.folder / "homeserver.yaml"


@dataclass(slots=True)
class Homeserver:
    """One running Synapse."""

    settings: HomeserverSettings
    process: "subprocess.Popen[bytes] | None" = field(default=None, repr=False)

    def start(self) -> None:
        """Writes the configuration, starts Synapse and waits until it answers."""
        write_configuration(self.settings)
        log = (self.settings.folder / "synapse.log").open("ab")
        with log:
            self.process = subprocess.Popen(  # noqa: S603  our own interpreter, no shell
                command(self.settings), env=environment(), stdout=log, stderr=log
            )
        _await_health(self.settings, self.process)

    def stop(self) -> None:
        """Stops Synapse."""
        if self.process is None:
            return
        self.process.terminate()
        try:
            self.process.wait(STOP_SECONDS_MAX)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process = None


def free_port() -> int:
    """Gives a loopback port that nothing listens on, and that no outgoing connection is given."""
    while True:
        port = PORTS[secrets.randbelow(len(PORTS))]
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


def command(settings: HomeserverSettings) -> list[str]:
    """Gives the command line that runs Synapse in the foreground."""
    return [sys.executable, "-m", "synapse.app.homeserver", "-c", str(settings.file)]


def environment() -> dict[str, str]:
    """Gives the environment in which Synapse finds our module."""
    return {**os.environ, "PYTHONPATH": str(_module_folder())}


def healthy(settings: HomeserverSettings) -> bool:
    """Tells whether Synapse answers."""
    try:
        return httpx.get(f"{settings.url}/health", timeout=2.0).status_code == httpx.codes.OK
    except httpx.TransportError:
        return False


def write_configuration(settings: HomeserverSettings) -> Path:
    """Writes `homeserver.yaml` and what it names; secrets once made are kept."""
    settings.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    (settings.folder / "log.yaml").write_text(yaml.safe_dump(_logging(settings)))
    _make_signing_key(settings)
    settings.file.write_text(yaml.safe_dump(configuration(settings), sort_keys=False))
    return settings.file


def configuration(settings: HomeserverSettings) -> dict[str, object]:
    """Gives the whole configuration of the homeserver."""
    return {
        "server_name": settings.server_name,
        "public_baseurl": f"{settings.url}/",
        "pid_file": str(settings.folder / "synapse.pid"),
        "listeners": [
            {
                "port": settings.port,
                "bind_addresses": ["127.0.0.1"],
                "type": "http",
                "x_forwarded": True,
                "resources": [{"names": ["client", "keys", "openid"]}],
            }
        ],
        "database": {
            "name": "sqlite3",
            "args": {"database": str(settings.folder / "homeserver.db")},
        },
        "log_config": str(settings.folder / "log.yaml"),
        "media_store_path": str(settings.folder / "media"),
        "signing_key_path": str(settings.folder / "signing.key"),
        "trusted_key_servers": [],
        "suppress_key_server_warning": True,
        "report_stats": False,
        "default_room_version": "11",
        "enable_registration": True,
        "enable_registration_without_verification": True,
        "enable_registration_captcha": False,
        "room_list_publication_rules": [{"action": "allow"}],
        "server_notices": {
            "system_mxid_localpart": NOTICES,
            "system_mxid_display_name": "Safety desk",
            "room_name": "Notices of the safety desk",
            "auto_join": True,
        },
        "presence": {"enabled": False},
        "url_preview_enabled": False,
        "user_ips_max_age": "28d",
        "redaction_retention_period": "7d",
        "bcrypt_rounds": 4,
        **_open_limits(),
        **_secrets(settings.folder),
        "modules": _modules(settings),
    }


def registration_secret(settings: HomeserverSettings) -> str:
    """Gives the secret with which administrators are made."""
    return _secrets(settings.folder)["registration_shared_secret"]


def make_admin(settings: HomeserverSettings, name: str = SAFETY) -> str:
    """Makes the administrator if there is none, and gives an access token of theirs."""
    return make_account(settings, name, admin=True)


def make_account(settings: HomeserverSettings, name: str, *, admin: bool = False) -> str:
    """Makes an account if there is none of that name, and gives an access token of theirs."""
    base = settings.url
    with httpx.Client(timeout=20.0) as client:
        nonce = client.get(f"{base}/_synapse/admin/v1/register").json()["nonce"]
        secret, password = registration_secret(settings), settings.password
        body = {
            "nonce": nonce,
            "username": name,
            "password": password,
            "admin": admin,
            "mac": _mac(secret, nonce, name, password, "admin" if admin else "notadmin"),
        }
        made = client.post(f"{base}/_synapse/admin/v1/register", json=body)
        if made.status_code == httpx.codes.OK:
            return str(made.json()["access_token"])
        identifier = {"type": "m.id.user", "user": name}
        login = client.post(
            f"{base}/_matrix/client/v3/login",
            json={"type": "m.login.password", "identifier": identifier, "password": password},
        )
    if login.status_code != httpx.codes.OK:
        raise Misconfigured(setting="synapse password", status=login.status_code)
    return str(login.json()["access_token"])


def _await_health(settings: HomeserverSettings, process: "subprocess.Popen[bytes]") -> None:
    give_up = time.monotonic() + BOOT_SECONDS_MAX
    while not healthy(settings):
        if process.poll() is not None or time.monotonic() > give_up:
            log = settings.folder / "synapse.log"
            raise Unavailable(engine="synapse", exit=process.poll(), log=str(log))
        time.sleep(0.1)


def _modules(settings: HomeserverSettings) -> list[dict[str, object]]:
    if not settings.door_url or settings.module == "none":
        return []
    if settings.module == "http_antispam":
        config: dict[str, object] = {
            "base_url": settings.door_url,
            "authorization_path": str(settings.door_token_file),
            "enabled_callbacks": list(ANTISPAM_CALLBACKS),
            "fail_open": dict.fromkeys(ANTISPAM_CALLBACKS, True),
        }
        return [{"module": "synapse_http_antispam.HTTPAntispam", "config": config}]
    config = {
        "door_url": settings.door_url,
        "token_file": str(settings.door_token_file),
        "budget_ms": settings.budget_ms,
        "search_url": settings.search_url,
    }
    return [{"module": "evenhand_synapse.EvenhandModule", "config": config}]


def _open_limits() -> dict[str, object]:
    """Gives rate limits that a demo or test does not meet."""
    plain = (
        "rc_message",
        "rc_registration",
        "rc_registration_token_validity",
        "rc_admin_redaction",
        "rc_joins_per_room",
        "rc_key_requests",
        "rc_3pid_validation",
        "rc_third_party_invite",
        "rc_media_create",
        "rc_delayed_event_mgmt",
        "rc_room_creation",
        "rc_reports",
        "rc_user_directory",
        "rc_profile",
    )
    limits: dict[str, object] = dict.fromkeys(plain)
    for name in plain:
        limits[name] = dict(_OPEN)
    limits["rc_login"] = {name: dict(_OPEN) for name in ("address", "account", "failed_attempts")}
    limits["rc_joins"] = {name: dict(_OPEN) for name in ("local", "remote")}
    limits["rc_invites"] = {name: dict(_OPEN) for name in ("per_room", "per_user", "per_issuer")}
    limits["rc_presence"] = {"per_user": dict(_OPEN)}
    return limits


def _secrets(folder: Path) -> dict[str, str]:
    path = folder / "secrets.json"
    if not path.exists():
        names = ("registration_shared_secret", "macaroon_secret_key", "form_secret")
        path.touch(mode=0o600)
        path.write_text(json.dumps({name: secrets.token_urlsafe(32) for name in names}))
    return {str(name): str(value) for name, value in json.loads(path.read_text()).items()}


def _make_signing_key(settings: HomeserverSettings) -> None:
    """Writes an ed25519 signing key in Synapse's format: algorithm, version, unpadded base64."""
    path = settings.folder / "signing.key"
    if path.exists():
        return
    path.touch(mode=0o600)
    path.write_text(f"ed25519 a_1 {b64encode(secrets.token_bytes(32)).decode().rstrip('=')}\n")


def _logging(settings: HomeserverSettings) -> dict[str, object]:
    handler = {
        "class": "logging.FileHandler",
        "filename": str(settings.folder / "homeserver.log"),
        "formatter": "plain",
        "encoding": "utf-8",
    }
    return {
        "version": 1,
        "formatters": {"plain": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
        "handlers": {"file": handler},
        "root": {"level": "WARNING", "handlers": ["file"]},
        "disable_existing_loggers": False,
    }


def _mac(*words: str) -> str:
    """Gives the HMAC-SHA1 that Synapse's registration API asks for; the secret comes first."""
    secret, *parts = words
    message = b"\0".join(part.encode() for part in parts)
    return hmac.new(secret.encode(), message, hashlib.sha1).hexdigest()


def _module_folder() -> Path:
    """Gives the folder in which the module `evenhand_synapse` lies, installed or not."""
    spec = find_spec("evenhand_synapse")
    if spec is not None and spec.origin is not None:
        return Path(spec.origin).parent.parent
    folder = Path(__file__).parents[4] / "synapse_module" / "src"
    if not folder.is_dir():
        raise Misconfigured(setting="synapse module", why="evenhand_synapse is not installed")
    return folder
