"""NCMEC's CyberTipline over HTTP: opens a report, finishes it. The sandbox unless told otherwise.

After https://report.cybertip.org/ispws/documentation/: XML in and out, a username and password
from NCMEC, a code in each answer. Errors carry the code and never what a report says.
"""

from dataclasses import dataclass

import httpx
from lxml import etree

from evenhand.base.errors import Unavailable
from evenhand.childsafety.ports import ReportLapsed, TipRefused

SANDBOX = "https://exttest.cybertip.org/ispws"
"""Where nothing counts: every installation begins here."""

PRODUCTION = "https://report.cybertip.org/ispws"

DONE, FINISHED_ALREADY, NO_SUCH_REPORT = 0, 5102, 5001
INVALID = range(4000, 5000)
NOT_LET_IN = range(2000, 4000)

CALL_SECONDS_MAX = 60.0
CONNECT_SECONDS_MAX = 10.0
ANSWER_BYTES_MAX = 1 << 20
NUMBER_CHARACTERS_MAX = 64


@dataclass(frozen=True, slots=True)
class _Answer:
    code: int
    report_id: str


class CyberTipline:
    """The CyberTipline at one address, as one provider: the credentials say which."""

    def __init__(
        self,
        url: str,
        username: str,
        password: str,
        *,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        self.sandbox = url.rstrip("/") != PRODUCTION
        self._client = httpx.Client(
            base_url=url.rstrip("/") + "/",
            auth=(username, password),
            timeout=httpx.Timeout(CALL_SECONDS_MAX, connect=CONNECT_SECONDS_MAX),
            follow_redirects=False,
            transport=transport,
        )

    def ready(self) -> bool:
        """Tells whether the credentials are let in."""
        return self._call("GET", "status").code == DONE

    def schema(self) -> bytes:
        """Gives the schema in force, to compare ours with."""
        return self._sent("GET", "xsd").content

    def open_report(self, document: bytes) -> str:
        """Opens a report from its XML, and gives its number."""
        answer = self._call(
            "POST",
            "submit",
            content=document,
            headers={"Content-Type": "text/xml; charset=utf-8"},
        )
        if answer.code != DONE or not answer.report_id:
            raise _fault("submit", answer)
        return answer.report_id[:NUMBER_CHARACTERS_MAX]

    def finish(self, report_id: str) -> None:
        """Says that a report is complete; one that is finished already stays so."""
        # The interface takes multipart forms alone.
        answer = self._call("POST", "finish", files={"id": (None, report_id)})
        if answer.code not in (DONE, FINISHED_ALREADY):
            raise _fault("finish", answer)

    def retract(self, report_id: str) -> None:
        """Takes back a report that was opened and not finished."""
        answer = self._call("POST", "retract", files={"id": (None, report_id)})
        if answer.code not in (DONE, NO_SUCH_REPORT):
            raise _fault("retract", answer)

    def _call(self, method: str, path: str, **said: object) -> _Answer:
        answer = self._sent(method, path, **said)
        parser = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=False)
        try:
            root = etree.fromstring(answer.content, parser)
            code = int(root.findtext("responseCode", "").strip())
        except (etree.XMLSyntaxError, ValueError) as error:
            raise Unavailable(what="CyberTipline", call=path, why="answer unreadable") from error
        return _Answer(code, root.findtext("reportId", "").strip())

    def _sent(self, method: str, path: str, **said: object) -> httpx.Response:
        try:
            answer = self._client.request(method, path, **said)  # type: ignore[arg-type]
        except httpx.HTTPError as error:
            raise Unavailable(what="CyberTipline", call=path, why="no answer") from error
        if answer.status_code in (401, 403):
            raise Unavailable(what="CyberTipline", call=path, why="not let in")
        if answer.status_code >= 500 or len(answer.content) > ANSWER_BYTES_MAX:
            raise Unavailable(what="CyberTipline", call=path, why=f"status {answer.status_code}")
        return answer


def _fault(call: str, answer: _Answer) -> TipRefused | ReportLapsed | Unavailable:
    if answer.code == NO_SUCH_REPORT:
        return ReportLapsed(call=call)
    if answer.code in NOT_LET_IN:
        return Unavailable(what="CyberTipline", call=call, why="not let in", code=answer.code)
    if answer.code in INVALID:
        return TipRefused(call=call, why=f"not valid (code {answer.code})")
    return Unavailable(what="CyberTipline", call=call, why="fault", code=answer.code)
