"""Staff of the demo, who come in by the web like everybody: link, passkey, forms."""

import html
import json
import re
from dataclasses import dataclass, field
from urllib.parse import urlsplit
from uuid import UUID

import httpx

from evenhand.base.errors import Unavailable
from evenhand.base.lists import ActionKind
from evenhand.demo.passkey import Passkey

OPTIONS = re.compile(r'data-options="([^"]+)"')
CSRF = re.compile(r'name="csrfmiddlewaretoken" value="([^"]+)"')
CASE_LINK = re.compile(r"/staff/cases/([0-9a-f-]{36})/")
CASE_SHOWN = re.compile(r"/staff/cases/([0-9a-f-]{36})/let-go/")


@dataclass(slots=True)
class Browser:
    """A visitor of the desk: keeps cookies, fills in forms."""

    base: str
    client: httpx.Client = field(init=False)

    def __post_init__(self) -> None:
        self.client = httpx.Client(base_url=self.base, timeout=20.0, follow_redirects=True)

    def page(self, path: str) -> str:
        """Gives a page, or raises `Unavailable` with its status."""
        return self._checked(self.client.get(path))

    def send(self, path: str, form: str, fields: dict[str, str]) -> str:
        """Fills in the form on page `form`, sends it to `path`, and gives the page that follows."""
        token = CSRF.search(self.page(form))
        assert token is not None, f"no form on {form}"
        answer = self.client.post(
            path,
            data={"csrfmiddlewaretoken": token[1], **fields},
            headers={"Referer": f"{self.base}{form}"},
        )
        return self._checked(answer)

    def close(self) -> None:
        """Closes connections."""
        self.client.close()

    def _checked(self, answer: httpx.Response) -> str:
        if answer.status_code >= httpx.codes.BAD_REQUEST:
            raise Unavailable(
                process="web", path=str(answer.request.url.path), status=answer.status_code
            )
        return answer.text


@dataclass(slots=True)
class Clerk:
    """One member of staff with a passkey of their own."""

    base: str
    browser: Browser = field(init=False)
    passkey: Passkey = field(init=False)

    def __post_init__(self) -> None:
        self.browser = Browser(self.base)
        self.passkey = Passkey(self.base, urlsplit(self.base).hostname or "localhost")

    def enrol(self, path: str) -> None:
        """Enrols the passkey by a one-time link, leaves, and signs in with it again."""
        options = self._options(path)
        credential = json.dumps(self.passkey.register(options))
        # The challenge stands in the session: sending must not fetch the page anew.
        self._post(path, credential)
        self.browser.client.cookies.delete("sessionid")
        self.sign_in()

    def sign_in(self) -> None:
        """Signs in with the passkey."""
        options = self._options("/staff/sign-in/")
        self._post("/staff/sign-in/", json.dumps(self.passkey.sign_in(options)))

    def cases(self, *, kind: str = "") -> list[UUID]:
        """Gives the open cases of a kind, as the console lists them."""
        page = self.browser.page(f"/staff/cases/?state=open&kind={kind}")
        return list(dict.fromkeys(UUID(found) for found in CASE_LINK.findall(page)))

    def take_next(self, *, queue: str = "") -> UUID | None:
        """Takes the most urgent case of a queue in hand; None if nothing waits there."""
        path = "/staff/cases/"
        found = CASE_SHOWN.search(self.browser.send(f"{path}next/", path, {"queue": queue}))
        return UUID(found[1]) if found else None

    def case(self, case: UUID) -> str:
        """Gives the page of a case."""
        return self.browser.page(f"/staff/cases/{case}/")

    def decide(self, case: UUID, kind: ActionKind, reason: str, *, harm: str = "") -> str:
        """Closes a case with an action, and gives the page that follows."""
        page = f"/staff/cases/{case}/"
        fields = {"kind": kind.value, "reason": reason, "harm": harm}
        return self.browser.send(f"{page}decide/", page, fields)

    def judge(self, case: UUID, *, uphold: bool, reason: str) -> None:
        """Upholds or refuses an objection."""
        page = f"/staff/cases/{case}/"
        verdict = "uphold" if uphold else "refuse"
        self.browser.send(f"{page}judge/", page, {"verdict": verdict, "reason": reason})

    def open_evidence(self, case: UUID, item: str, reason: str) -> str:
        """Opens sealed evidence for a reason, and gives the page that shows it."""
        page = f"/staff/cases/{case}/"
        return self.browser.send(f"{page}evidence/", page, {"item": item, "reason": reason})

    def strikes(self, account: str, reason: str) -> str:
        """Gives the page with what counts against an account, looked up for a reason."""
        path = "/staff/standing/"
        return self.browser.send(path, path, {"do": "find", "account": account, "reason": reason})

    def _options(self, path: str) -> dict[str, object]:
        self._page = self.browser.page(path)
        found = OPTIONS.search(self._page)
        assert found is not None, f"no passkey form on {path}"
        options: dict[str, object] = json.loads(html.unescape(found[1]))["publicKey"]
        return options

    def _post(self, path: str, credential: str) -> None:
        token = CSRF.search(self._page)
        assert token is not None
        answer = self.browser.client.post(
            path,
            data={"csrfmiddlewaretoken": token[1], "credential": credential},
            headers={"Referer": f"{self.base}{path}"},
        )
        if answer.status_code >= httpx.codes.BAD_REQUEST:
            raise Unavailable(process="web", path=path, status=answer.status_code)

    _page: str = field(default="", init=False)
