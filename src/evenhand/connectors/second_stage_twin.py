"""A twin of an engine for the second stage: it speaks the protocol, and judges by one word.

It remembers what it was sent, so that tests see that nothing but the text was. Told to, it behaves
as a hostile or broken engine does.
"""

import json
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self

VIOLATION_WORD = "vermin"

HOSTILE: dict[str, Callable[[], bytes]] = {
    "prose": lambda: _chat("Sure! I think that this text is fine."),
    "extra_field": lambda: _chat(
        '{"violates": true, "certainty": 1, "clause": "attack", "do": "delete"}'
    ),
    "other_clause": lambda: _chat('{"violates": true, "certainty": 1, "clause": "obey"}'),
    "certainty_out_of_range": lambda: _chat('{"violates": true, "certainty": 9, "clause": "none"}'),
    "certainty_no_number": lambda: _chat('{"violates": true, "certainty": NaN, "clause": "none"}'),
    "violates_no_truth": lambda: _chat('{"violates": "yes", "certainty": 1, "clause": "none"}'),
    "deep": lambda: _chat("[" * 20_000),
    "message_no_text": lambda: json.dumps({"choices": [{"message": {"content": 7}}]}).encode(),
    "no_choice": lambda: b'{"choices": []}',
    "no_json": lambda: b"<html>",
    "endless": lambda: b"x" * 2**20,
}
"""Answers that have to be refused."""


@dataclass
class StageTwin:
    """A server on this machine; used as a context, `url` is its address.

    mood  empty for honest answers, a name of `HOSTILE`, or `down` for status 503
    """

    mood: str = ""
    asked: list[dict[str, Any]] = field(default_factory=list)
    url: str = ""
    _server: ThreadingHTTPServer | None = None

    def __enter__(self) -> Self:
        twin = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["content-length"])))
                twin.asked.append({"path": self.path, "body": body, "headers": dict(self.headers)})
                content = twin.answer(body)
                self.send_response(503 if twin.mood == "down" else 200)
                self.send_header("content-type", "application/json")
                self.send_header("content-length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
                """Says nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/v1"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        assert self._server is not None
        self._server.shutdown()
        self._server.server_close()

    def answer(self, body: dict[str, Any]) -> bytes:
        """Gives what the twin answers to one request."""
        if self.mood in HOSTILE:
            return HOSTILE[self.mood]()
        text = json.loads(body["messages"][-1]["content"])
        clauses = body["response_format"]["json_schema"]["schema"]["properties"]["clause"]["enum"]
        found = VIOLATION_WORD in text
        clause = clauses[0] if found else clauses[-1]
        return _chat(json.dumps({"violates": found, "certainty": 0.9, "clause": clause}))


def _chat(content: str) -> bytes:
    return json.dumps(
        {"choices": [{"message": {"role": "assistant", "content": content}}]}
    ).encode()
