"""A local twin of the CyberTipline for tests and demos: loopback only, and nothing leaves it.

It lets in one name and password, holds reports against the desk's part of the schema, and answers
with the codes of the original; a report that is opened and not finished lapses when it is told.
"""

import base64
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.policy import HTTP
from hmac import compare_digest
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.resources import files

from evenhand.childsafety.limits import DOCUMENT_BYTES_MAX
from evenhand.childsafety.tip import TipInvalid, check_document

FIRST_NUMBER = 4_000_001

DONE, NOT_LET_IN, INVALID, UNKNOWN, FINISHED = 0, 2000, 4100, 5001, 5102


@dataclass
class CyberTiplineTwin:
    """What the twin was told: reports by number, and which of them are finished."""

    username: str
    password: str
    reports: dict[str, bytes] = field(default_factory=dict)
    finished: list[str] = field(default_factory=list)
    down: bool = False

    def answer(self, method: str, path: str, kind: str, login: str, body: bytes) -> tuple[int, str]:
        """Gives status and XML for one call."""
        if self.down:
            return 503, ""
        known = base64.b64encode(f"{self.username}:{self.password}".encode()).decode()
        if not compare_digest(login, f"Basic {known}"):
            return 401, _said(NOT_LET_IN)
        match method, path:
            case "GET", "/status":
                return 200, _said(DONE)
            case "GET", "/xsd":
                schema = files("evenhand.childsafety").joinpath("cybertip.xsd")
                return 200, schema.read_text(encoding="utf-8")
            case "POST", "/submit":
                return 200, self._submit(kind, body)
            case "POST", "/finish":
                return 200, self._finish(_form_id(kind, body))
            case "POST", "/retract":
                return 200, self._retract(_form_id(kind, body))
            case _:
                return 404, ""

    def lapse(self) -> None:
        """Deletes what is not finished, as the original does after a day."""
        self.reports = {key: one for key, one in self.reports.items() if key in self.finished}

    @contextmanager
    def serving(self) -> Iterator[str]:
        """Serves on a free port of loopback, and gives the address."""
        server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            server.server_close()
            thread.join()

    def _submit(self, kind: str, body: bytes) -> str:
        if not kind.startswith("text/xml"):
            return _said(INVALID)
        try:
            check_document(body)
        except TipInvalid:
            return _said(INVALID)
        number = str(FIRST_NUMBER + len(self.reports))
        self.reports[number] = body
        return _said(DONE, number)

    def _finish(self, number: str) -> str:
        if number not in self.reports:
            return _said(UNKNOWN)
        if number in self.finished:
            return _said(FINISHED)
        self.finished.append(number)
        return _said(DONE, number, root="reportDoneResponse")

    def _retract(self, number: str) -> str:
        if number in self.finished:
            return _said(FINISHED)
        return _said(UNKNOWN if self.reports.pop(number, None) is None else DONE)


def _said(code: int, number: str = "", *, root: str = "reportResponse") -> str:
    named = f"<reportId>{number}</reportId>" if number else ""
    return f"<{root}><responseCode>{code}</responseCode>{named}</{root}>"


def _form_id(kind: str, body: bytes) -> str:
    """Gives the field `id` of a multipart form; empty if there is none."""
    message = message_from_bytes(f"Content-Type: {kind}\r\n\r\n".encode() + body, policy=HTTP)
    for part in message.iter_parts() if message.is_multipart() else ():
        if part.get_param("name", header="content-disposition") == "id":
            return str(part.get_content()).strip()
    return ""


def _handler(twin: CyberTiplineTwin) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        """Hands each call to the twin."""

        def do_GET(self) -> None:
            """Answers a call without a body."""
            self._answer(b"")

        def do_POST(self) -> None:
            """Answers a call with a body."""
            length = min(int(self.headers.get("Content-Length") or 0), 2 * DOCUMENT_BYTES_MAX)
            self._answer(self.rfile.read(length))

        def log_message(self, *_: object) -> None:
            """Says nothing: addresses and bodies belong in no log."""

        def _answer(self, body: bytes) -> None:
            status, said = twin.answer(
                self.command,
                self.path,
                self.headers.get("Content-Type", ""),
                self.headers.get("Authorization", ""),
                body,
            )
            self.send_response(status)
            self.send_header("Content-Type", "application/xml; charset=utf-8")
            self.send_header("Content-Length", str(len(said.encode())))
            self.end_headers()
            self.wfile.write(said.encode())

    return Handler
