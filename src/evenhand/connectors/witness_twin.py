"""A witness as C2SP tlog-witness has it, in memory, for tests; it judges like a real one.

It knows one log by its key, keeps the last size and root that it signed, and signs the next only
if the proof shows that it goes on from them.
"""

import threading
from base64 import b64decode
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from evenhand.base.errors import InputRefused
from evenhand.proof.notes import Checkpoint, Cosigner, Verifier, open_note, signature_line
from evenhand.proof.tree import consistency_holds

SIZE_TYPE, TEXT_TYPE = "text/x.tlog.size", "text/plain; charset=utf-8"
REQUEST_BYTES_MAX = 64 << 10
Answer = tuple[int, str, str]


class WitnessTwin:
    """One witness of one log; `second` tells its clock."""

    def __init__(self, name: str, seed: bytes, log: Verifier, second: Callable[[], int]) -> None:
        self._name, self._seed, self._log, self._second = name, seed, log, second
        self._lock = threading.Lock()
        self.signed: Checkpoint | None = None

    @property
    def key(self) -> Verifier:
        """Gives the key that checks its signatures."""
        return Cosigner(self._name, self._seed, 0).verifier

    def add_checkpoint(self, body: str) -> Answer:
        """Gives status, type and text of the answer to a checkpoint."""
        before, _, note = body.partition("\n\n")
        first, *proof = before.split("\n")
        old = first.removeprefix("old ")
        try:
            path = [b64decode(line, validate=True) for line in proof]
            head = Checkpoint.parse(note.partition("\n\n")[0] + "\n")
        except (ValueError, InputRefused):
            return 400, TEXT_TYPE, "no request to a witness\n"
        if not first.startswith("old ") or not old.isdecimal():
            return 400, TEXT_TYPE, "no request to a witness\n"
        if head.origin != self._log.name:
            return 404, TEXT_TYPE, "a log that is not known here\n"
        try:
            text = open_note(note, [self._log]).text
        except InputRefused:
            return 403, TEXT_TYPE, "not signed by the log\n"
        with self._lock:
            return self._judged(text, head, int(old), path)

    def _judged(self, text: str, head: Checkpoint, old: int, path: list[bytes]) -> Answer:
        last = 0 if self.signed is None else self.signed.size
        if old > head.size:
            return 400, TEXT_TYPE, "smaller than what it goes on from\n"
        if old != last:
            return 409, SIZE_TYPE, f"{last}\n"
        if self.signed and old == head.size and head.root != self.signed.root:
            return 409, SIZE_TYPE, f"{last}\n"
        root = self.signed.root if self.signed else head.root
        if old and not consistency_holds(old, head.size, root, head.root, path):
            return 422, TEXT_TYPE, "it does not go on from what was signed\n"
        self.signed = head
        key = Cosigner(self._name, self._seed, self._second())
        return 200, TEXT_TYPE, signature_line(text, key)


def serve(twin: WitnessTwin) -> ThreadingHTTPServer:
    """Gives a server on a port of its own that answers in a thread, until it is shut down."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            """Answers one request."""
            length = int(self.headers.get("Content-Length") or 0)
            if self.path != "/add-checkpoint" or length > REQUEST_BYTES_MAX:
                self.send_error(404)
                return
            status, kind, text = twin.add_checkpoint(self.rfile.read(length).decode())
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.end_headers()
            self.wfile.write(text.encode())

        def log_message(self, *_: object) -> None:
            """Says nothing: tests read what comes of it."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server
