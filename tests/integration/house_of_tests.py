"""A house in work: a case with reports, appeals, the sealed lane, strikes, entries and readings."""

from dataclasses import dataclass, replace
from datetime import timedelta
from io import BytesIO
from uuid import UUID

from django.conf import settings
from django.db import transaction
from nacl.public import PrivateKey, PublicKey
from PIL import Image, ImageDraw
from tests.drafts_of_tests import EVENT, by_person
from tests.integration.cases_of_tests import Keys, case_draft, decided, reviewer
from tests.integration.test_childsafety import drafted, sealed_case
from tests.integration.test_standing import decide as strike

from evenhand.actions.drafts import Measure
from evenhand.actions.statements import OBJECTION
from evenhand.actions.steps import decide
from evenhand.appeals import talk_steps
from evenhand.appeals.complaint_steps import complain, complaint_path
from evenhand.appeals.steps import object_to
from evenhand.base.clock import now
from evenhand.base.ids import new_id
from evenhand.base.lists import ActionKind, Language
from evenhand.base.personal import MailAddress, MessageText
from evenhand.base.sealing import read_key, token_for
from evenhand.cases import steps as cases
from evenhand.cases.models import Case
from evenhand.childsafety.checks import FeedDraft
from evenhand.childsafety.lists import FeedKind
from evenhand.childsafety.steps import propose_feed
from evenhand.evidence.steps import keep
from evenhand.people.models import Person
from evenhand.people.roles import Role
from evenhand.people.steps import read_personal
from evenhand.reports.drafts import ReportDraft, ReporterDraft
from evenhand.reports.lists import ReportKind, Way
from evenhand.reports.steps import Received, receive
from evenhand.statements import steps as statements
from evenhand.statements.lists import SubmissionState
from evenhand.wiring import statement_terms

LONG_CHANNEL = "!" + "aVeryLongNameOfARoomThatNobodyWouldTypeByHand" * 2 + ":rooms.example.test"
LONG_EVENT = "$" + "Zm9yZ2VkLXBhcGVycy1hbmQtb3RoZXItdGhpbmdzLXRvLWJ1eQ" * 2
MANY_ROLES = (Role.REVIEWER, Role.SENIOR, Role.CHILD_SAFETY, Role.LEGAL_OFFICER)


NOTICED = (
    ("fake_account_score", 0.79),
    ("fake_account_facts", "new, made in a burst, same texts as others"),
    ("account_burst", 12.0),
    ("account_reply_share", 0.02),
    ("channel_signs", "published by who published a blocked channel, much reported"),
)
"""What rules saw of a made-up account and its channel."""


@dataclass(frozen=True)
class House:
    """What the pages are about: cases and addresses."""

    senior: Person
    auditor: Person
    case: Case
    picture: Case
    closed: Case
    sealed: Case
    objection: Case
    objection_link: str
    complaint: Case
    complaint_link: str
    new_objection_link: str
    submission: UUID
    code: str


def keys_of(home_key: bytes) -> Keys:
    """Gives the keys of a site whose opener runs."""
    return Keys(PrivateKey(home_key))


def picture() -> bytes:
    """Gives a drawn pattern as a PNG: no photograph of anything."""
    image = Image.new("RGB", (420, 260), "#2f6f7a")
    draw = ImageDraw.Draw(image)
    for step in range(0, 420, 28):
        draw.line([(step, 0), (420 - step, 260)], fill="#e0a030", width=5)
    draw.text((150, 120), "SYNTHETIC", fill="white")
    out = BytesIO()
    image.save(out, "PNG")
    return out.getvalue()


def objection_path(decision_id: UUID, *, key: bytes) -> str:
    """Gives the path of the link in a statement of reasons."""
    return f"/objection/{decision_id}/{token_for(OBJECTION, decision_id.bytes, key=key)}/"


def house(keys: Keys, *, token_key: bytes) -> House:
    """Fills a site with one of everything that the pages show."""
    moment, to = now(), keys.evidence.public_key
    senior = reviewer("Sina Senior", *MANY_ROLES)
    first = reviewer("Rosa Reviewer")
    received = _reported()
    case = received.report.case
    assert case is not None
    old = replace(case_draft(keys, event="$old"), at=moment, noticed=NOTICED)
    closed = cases.open_case(old, now=moment)
    cases.decide_case(closed.id, ActionKind.NONE, by=first, reason="A quotation.", now=moment)
    objection, link = _objected(keys, token_key)
    talk_steps.ask(objection.id, "Which bank do you mean?", by=senior, now=moment)
    talk_steps.answer(objection.id, "The blue one.", origin="x", evidence_key=to, now=moment)
    complaint, complaint_link = _complained(closed, to, token_key)
    sealed = sealed_case(keys)
    drafted(sealed, senior)
    propose_feed(
        FeedDraft(name="own-list", kind=FeedKind.FILE, harm="m.child_safety.csam",
                  place="feeds/own.csv", owner="Safety office"),
        by=senior, now=moment,
    )  # fmt: skip
    strike(first, at=moment)
    read_personal(case.id, "identifiers", by=senior, reason="Asked for by letter.", now=moment)
    other = decided(keys, event="$second")
    return House(
        senior=senior,
        auditor=reviewer("Aud Itor", Role.AUDITOR),
        case=case,
        picture=_pictured(to),
        closed=Case.objects.get(id=closed.id),
        sealed=sealed,
        objection=objection,
        objection_link=link,
        complaint=complaint,
        complaint_link=complaint_link,
        new_objection_link=objection_path(other.id, key=token_key),
        submission=_submitted(),
        code=received.receipt_code,
    )


def _reported() -> Received:
    moment, found = now(), None
    for number in range(3):
        found = receive(
            ReportDraft(
                origin=f"form:{number}",
                kind=ReportKind.NOTICE,
                way=Way.FORM,
                about=f"event:{LONG_EVENT}",
                account="@seller-of-papers-with-a-long-name:example.test",
                channel=LONG_CHANNEL,
                event=LONG_EVENT,
                text=MessageText("It offers forged papers for money."),
                at=moment,
                language=Language.EN,
                reporter=ReporterDraft(
                    name="Ada Example", mailbox=MailAddress(f"ada{number}@example.org")
                ),
                harm="m.tos.prohibited.papers",
                good_faith=True,
            ),
            now=moment,
        )
    assert found is not None
    return found


def _objected(keys: Keys, token_key: bytes) -> tuple[Case, str]:
    decision = decided(keys, ActionKind.SUSPEND, event="$contested")
    path = objection_path(decision.id, key=token_key)
    case = object_to(
        decision.id,
        path.split("/")[-2],
        "I quoted my own bank.",
        token_key=token_key,
        evidence_key=keys.evidence.public_key,
        now=now(),
    )
    return case, path


def _complained(closed: Case, to: PublicKey, token_key: bytes) -> tuple[Case, str]:
    report = new_id(now=now())
    path = complaint_path(report, closed.id, key=token_key)
    complaint = complain(
        report,
        closed.id,
        path.split("/")[-2],
        "It is no quotation.",
        informed_at=now(),
        complainant=b"",
        token_key=token_key,
        evidence_key=to,
        now=now(),
    )
    return complaint.case, path


def _pictured(to: PublicKey) -> Case:
    moment = now()
    draft = case_draft(event="$picture")
    with transaction.atomic():
        item = keep(picture(), media_type="image/png", subject=draft.id, to=to, now=moment)
    return cases.open_case(replace(draft, at=moment, evidence=item.id), now=moment)


def _submitted() -> UUID:
    decision = decide(by_person(Measure(ActionKind.REDACT, EVENT)), now=now())
    row = statements.enter(decision.id, statement_terms(), now=now())
    assert row is not None
    fault = {"field": "decision_facts", "fault": "personal_data", "why": "mail"}
    row.state, row.faults, row.answered_at = (
        SubmissionState.REFUSED.value, [fault], now() + timedelta(minutes=1),
    )  # fmt: skip
    row.save()
    return row.id


def own_keys() -> Keys:
    """Gives the keys of the site that the settings name."""
    return keys_of(read_key(settings.KEYS / "opener" / "evidence.key"))
