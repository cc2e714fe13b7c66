"""A twin of the DSA Transparency Database's API, for tests and demos; it validates like it.

Its rules are written down once more, apart from the room's own checks, so that a mistake there
shows here. It keeps what it takes in memory, and in a file where one is named.

`python -m evenhand.connectors.dsa_twin --port N --token TOKEN [--file FILE]` serves it.
"""

import argparse
import json
import re
import sys
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

from evenhand.statements.schema import schema

Json = dict[str, Any]
Errors = dict[str, list[str]]

STATEMENTS_MAX = 100
BODY_BYTES_MAX = 8 << 20
NOT_UNIQUE = "The identifier given is not unique within this platform."

LISTED = {
    "decision_monetary": "monetary",
    "decision_provision": "provision",
    "decision_account": "account",
    "account_type": "account_type",
    "decision_ground": "ground",
    "incompatible_content_illegal": "yes_no",
    "category": "category",
    "source_type": "source",
    "automated_detection": "yes_no",
    "automated_decision": "automated_decision",
}
MANY = {
    "decision_visibility": "visibility",
    "category_addition": "category",
    "category_specification": "keyword",
    "content_type": "content_type",
}
REQUIRED = ("puid", "decision_ground", "category", "content_type", "content_date",
            "application_date", "decision_facts", "source_type", "automated_detection",
            "automated_decision")  # fmt: skip
LONGEST = {
    "puid": 500,
    "decision_visibility_other": 500,
    "decision_monetary_other": 500,
    "content_type_other": 500,
    "decision_ground_reference_url": 500,
    "illegal_content_legal_ground": 500,
    "illegal_content_explanation": 2000,
    "incompatible_content_ground": 500,
    "incompatible_content_explanation": 2000,
    "category_specification_other": 500,
    "decision_facts": 5000,
    "source_identity": 500,
}
DATES = {
    "content_date": date(2000, 1, 1),
    "application_date": date(2020, 1, 1),
    "end_date_visibility_restriction": date(1970, 1, 1),
    "end_date_monetary_restriction": date(1970, 1, 1),
    "end_date_service_restriction": date(1970, 1, 1),
    "end_date_account_restriction": date(1970, 1, 1),
}
DEPENDENT = (
    ("decision_visibility_other", "decision_visibility", "DECISION_VISIBILITY_OTHER"),
    ("decision_monetary_other", "decision_monetary", "DECISION_MONETARY_OTHER"),
    ("content_type_other", "content_type", "CONTENT_TYPE_OTHER"),
    ("illegal_content_legal_ground", "decision_ground", "DECISION_GROUND_ILLEGAL_CONTENT"),
    ("illegal_content_explanation", "decision_ground", "DECISION_GROUND_ILLEGAL_CONTENT"),
    ("incompatible_content_ground", "decision_ground", "DECISION_GROUND_INCOMPATIBLE_CONTENT"),
    ("incompatible_content_explanation", "decision_ground", "DECISION_GROUND_INCOMPATIBLE_CONTENT"),
)
"""Each is needed with the other's value, and dropped without it."""


@dataclass
class DsaTwin:
    """What the database keeps, and what it answers.

    faults  statuses that the next calls are answered with, for tests; 0 stores and does not answer
    """

    token: str
    file: Path | None = None
    kept: dict[str, Json] = field(default_factory=dict)
    faults: list[int] = field(default_factory=list)
    calls: list[str] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def answer(self, method: str, path: str, token: str, body: object) -> tuple[int, Json]:
        """Gives status and body of one call; status 0: the answer is lost on its way."""
        with self.lock:
            self.calls.append(f"{method} {path.rpartition('/api/')[2]}")
            fault = self.faults.pop(0) if self.faults else None
            if fault:
                return fault, {"message": "planned for a test"}
            if token != f"Bearer {self.token}":
                return 401, {"message": "Unauthenticated."}
            status, told = self._route(method, path, body)
            self._write()
            return (0 if fault == 0 else status), told

    def _route(self, method: str, path: str, body: object) -> tuple[int, Json]:
        match method, path:
            case "GET", "/api/ping":
                return 200, {"you_say": "ping", "i_say": "pong"}
            case "POST", "/api/v1/statement":
                return self._one(body)
            case "POST", "/api/v1/statements":
                return self._many(body)
            case "GET", _ if path.startswith("/api/v1/statement/existing-puid/"):
                puid = path.rpartition("/")[2]
                if puid in self.kept:
                    return 302, {"message": "statement of reason found", "puid": puid}
                return 404, {"message": "statement of reason not found", "puid": puid}
            case "GET", _ if path.startswith("/api/v1/statement/"):
                uuid = path.rpartition("/")[2]
                found = [one for one in self.kept.values() if one["uuid"] == uuid]
                return (200, found[0]) if found else (404, {"message": "Not Found"})
            case _:
                return 404, {"message": "Not Found"}

    def _one(self, body: object) -> tuple[int, Json]:
        given = body if isinstance(body, dict) else {}
        errors = errors_of(given, alone=True)
        if errors:
            return 422, {"message": next(iter(errors.values()))[0], "errors": errors}
        puid = given["puid"]
        if puid in self.kept:
            return 422, {
                "message": NOT_UNIQUE,
                "errors": {"puid": [NOT_UNIQUE]},
                "existing": self.kept[puid],
            }
        return 201, self._keep(given)

    def _many(self, body: object) -> tuple[int, Json]:
        given = body.get("statements") if isinstance(body, dict) else None
        if not isinstance(given, list) or not 0 < len(given) <= STATEMENTS_MAX:
            said = f"The statements field must have between 1 and {STATEMENTS_MAX} items."
            return 422, {"message": said, "errors": {"statements": [said]}}
        refused: dict[str, Errors] = {}
        puids = [one.get("puid") if isinstance(one, dict) else None for one in given]
        for place, one in enumerate(given):
            entry = one if isinstance(one, dict) else {}
            errors = errors_of(entry, alone=False)
            if "puid" not in errors and (
                puids.count(puids[place]) > 1 or puids[place] in self.kept
            ):
                errors["puid"] = [NOT_UNIQUE]
            if errors:
                refused[f"statement_{place}"] = errors
        if refused:
            return 422, {"errors": refused}
        return 201, {"statements": [self._keep(one) for one in given]}

    def _keep(self, given: Mapping[str, Any]) -> Json:
        uuid = str(uuid4())
        stored = _cleaned(given) | {
            "uuid": uuid,
            "created_at": datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S"),
            "platform_name": "Twin",
            "permalink": f"https://transparency.example/statement/{uuid}",
            "self": f"https://transparency.example/api/v1/statement/{uuid}",
        }
        self.kept[stored["puid"]] = stored
        return stored

    def _write(self) -> None:
        if self.file is not None:
            partial = self.file.with_suffix(".partial")
            partial.write_text(json.dumps(list(self.kept.values()), ensure_ascii=False, indent=1))
            partial.replace(self.file)


def errors_of(given: Mapping[str, Any], *, alone: bool) -> Errors:
    """Gives what the database would say of an entry, field by field; empty: it would take it."""
    errors: Errors = {}

    def say(name: str, words: str) -> None:
        errors.setdefault(name, []).append(words)

    for name in REQUIRED:
        if given.get(name) in (None, "", []):
            say(name, f"The {name.replace('_', ' ')} field is required.")
    _decisions(given, say)
    _texts(given, say)
    for name, listed in LISTED.items():
        allowed = {*schema().lists[listed], "null"}
        if given.get(name) is not None and str(given[name]) not in allowed:
            say(name, f"The selected {name.replace('_', ' ')} is invalid.")
    for name, listed in MANY.items():
        _several(given, name, frozenset(schema().lists[listed]), say)
    _several(given, "territorial_scope", frozenset(schema().territories), say)
    for name, earliest in DATES.items():
        _day(given, name, earliest, say)
    language = given.get("content_language")
    if language is not None and language not in schema().languages:
        say("content_language", "The selected content language is invalid.")
    ean = given.get("content_id_ean")
    if alone and ean is not None and not re.fullmatch(r"[0-9]{13}", str(ean)):
        say("content_id_ean", "The content id ean field must be 13 digits.")
    return errors


def _decisions(given: Mapping[str, Any], say: Any) -> None:
    four = ("decision_visibility", "decision_monetary", "decision_provision", "decision_account")
    if not any(given.get(name) for name in four):
        for name in four:
            say(name, "At least one decision is required.")
    for name, other, value in DEPENDENT:
        if _holds(given, other, value) and given.get(name) in (None, ""):
            say(name, f"The {name.replace('_', ' ')} field is required.")


def _texts(given: Mapping[str, Any], say: Any) -> None:
    for name, longest in LONGEST.items():
        value = given.get(name)
        if value is None:
            continue
        if not isinstance(value, str):
            say(name, f"The {name.replace('_', ' ')} field must be a string.")
        elif len(value) > longest:
            say(name, f"The {name.replace('_', ' ')} may not be greater than {longest} characters.")
    puid = given.get("puid")
    if isinstance(puid, str) and puid and not re.fullmatch(r"[a-zA-Z0-9-_]+", puid):
        say("puid", "The puid format is invalid.")
    url = given.get("decision_ground_reference_url")
    if isinstance(url, str) and not (urlsplit(url).scheme and urlsplit(url).netloc):
        say("decision_ground_reference_url", "The field must be a valid URL.")


def _several(given: Mapping[str, Any], name: str, allowed: frozenset[str], say: Any) -> None:
    value = given.get(name)
    if value is None:
        return
    if not isinstance(value, list):
        say(name, f"The {name.replace('_', ' ')} must be an array.")
    elif not all(isinstance(one, str) and one in allowed for one in value):
        say(name, f"The selected {name.replace('_', ' ')} is invalid.")


def _day(given: Mapping[str, Any], name: str, earliest: date, say: Any) -> None:
    value = given.get(name)
    if value is None:
        return
    try:
        day = datetime.strptime(str(value), "%Y-%m-%d").replace(tzinfo=UTC).date()
    except ValueError:
        say(name, f"The {name.replace('_', ' ')} does not match the format Y-m-d.")
        return
    if not earliest <= day <= date(2038, 1, 1):
        say(name, f"The {name.replace('_', ' ')} is out of range.")


def _holds(given: Mapping[str, Any], name: str, value: str) -> bool:
    found = given.get(name)
    return value in found if isinstance(found, list) else found == value


def _cleaned(given: Mapping[str, Any]) -> Json:
    """Gives an entry as the database keeps it: lists sorted, what depends on nothing dropped."""
    known = {name: value for name, value in given.items() if name in schema().fields}
    for name, other, value in DEPENDENT:
        if not _holds(known, other, value):
            known.pop(name, None)
    if known.get("source_type") == "SOURCE_VOLUNTARY":
        known.pop("source_identity", None)
    if "KEYWORD_OTHER" not in known.get("category_specification", []):
        known.pop("category_specification_other", None)
    for name in (*MANY, "territorial_scope"):
        if name in known:
            known[name] = sorted(set(known[name]))
    if "category_addition" in known:
        known["category_addition"] = [
            one for one in known["category_addition"] if one != known["category"]
        ]
    return known


class _Door(BaseHTTPRequestHandler):
    """HTTP around the twin that its server holds."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self._answer(None)

    def do_POST(self) -> None:
        length = min(int(self.headers.get("Content-Length", "0")), BODY_BYTES_MAX)
        try:
            body = json.loads(self.rfile.read(length))
        except ValueError:
            body = None
        self._answer(body)

    def _answer(self, body: object) -> None:
        assert isinstance(self.server, TwinServer)
        token = self.headers.get("Authorization", "")
        status, told = self.server.twin.answer(self.command, self.path, token, body)
        if status == 0:
            self.close_connection = True
            return
        content = json.dumps(told).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        if status == 302:
            self.send_header("Location", "/")
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  the server's name
        """Says nothing: tests and demos speak for themselves."""


class TwinServer(ThreadingHTTPServer):
    """The twin at an address of this machine; `port` 0 takes a free one."""

    daemon_threads = True

    def __init__(self, twin: DsaTwin, *, port: int = 0) -> None:
        super().__init__(("127.0.0.1", port), _Door)
        self.twin = twin

    @property
    def url(self) -> str:
        """Gives its address, as the client wants it."""
        return f"http://127.0.0.1:{self.server_address[1]}"


def main() -> int:
    """Serves the twin until it is stopped."""
    parser = argparse.ArgumentParser(description="Twin of the DSA Transparency Database.")
    parser.add_argument("--port", type=int, default=8640)
    parser.add_argument("--token", default="1|twin")
    parser.add_argument("--file", type=Path, help="JSON of what it keeps, written after each call")
    options = parser.parse_args()
    server = TwinServer(DsaTwin(options.token, options.file), port=options.port)
    sys.stdout.write(f"{server.url}\n")
    sys.stdout.flush()
    server.serve_forever()
    return 0


if __name__ == "__main__":
    sys.exit(main())
