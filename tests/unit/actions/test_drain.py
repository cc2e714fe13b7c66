"""What becomes of what the door flagged: a decision, a case, or both."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from evenhand.actions.drafts import Measure
from evenhand.actions.drain import answered_target, handling, measures_of, over_budget
from evenhand.actions.journal import Answered, EventFacts, FlaggedEntry
from evenhand.actions.ports import ReviewReason, RuleAuthors, Target
from evenhand.base.ids import new_id
from evenhand.base.lists import ActionKind, ChannelKind, EventKind, Ground, Language, TargetKind
from evenhand.verdicts.schema import RuleHit, Verdict

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
EVENT = Target(TargetKind.EVENT, "@a:twin", "!r:twin", "$e")
ACCOUNT = Target(TargetKind.ACCOUNT, account="@a:twin")
CHANNEL = Target(TargetKind.CHANNEL, "@a:twin", "!r:twin")
FACTS = EventFacts(
    event_id="$e",
    kind=EventKind.MESSAGE,
    time=NOW,
    channel_kind=ChannelKind.PUBLIC,
    account="@a:twin",
    channel="!r:twin",
    media=("mxc://twin/one", "mxc://twin/two"),
)
VERDICT = Verdict(
    event_id="$e",
    harm="m.tos.prohibited.drugs",
    severity=3,
    score=0.9,
    rules=(RuleHit("drugs_sale_offer", "2"), RuleHit("other", "1")),
    action=ActionKind.REFUSE,
    exact=False,
    language="ru",
    reason="It offers drugs for sale.",
)


class Rules:
    def authors(self, rule_id: str, version: str) -> RuleAuthors:
        return RuleAuthors(f"author of {rule_id}", f"approver of {version}")

    def sentence(self, rule_id: str, version: str, language: Language) -> str | None:
        return f"{rule_id} {language}"

    def delay_minutes(self, rule_id: str, version: str) -> int:
        return 0


def entry(
    action: ActionKind,
    answered: Answered,
    *,
    exact: bool = False,
    kind: EventKind = EventKind.MESSAGE,
    **changes: object,
) -> FlaggedEntry:
    made = FlaggedEntry(
        id=new_id(now=NOW),
        at=NOW,
        event=replace(FACTS, kind=kind),
        verdict=replace(VERDICT, action=action, exact=exact, score=1.0 if exact else 0.9),
        answered=answered,
        content=b"sealed",
        market="KZ",
        milliseconds=4,
    )
    return replace(made, **changes)  # type: ignore[arg-type]


def refusal(kind: ActionKind = ActionKind.REFUSE, target: Target = EVENT) -> Measure:
    return Measure(kind, target, answered=True)


@pytest.mark.parametrize(
    ("action", "answered", "exact", "measures"),
    [
        (ActionKind.REFUSE, Answered.REFUSED, False, (refusal(),)),
        (ActionKind.HOLD, Answered.REFUSED, False, (refusal(ActionKind.HOLD),)),
        (ActionKind.NONE, Answered.REFUSED, False, (refusal(),)),
        (
            ActionKind.SUSPEND,
            Answered.REFUSED,
            False,
            (refusal(), Measure(ActionKind.SUSPEND, ACCOUNT)),
        ),
        (
            ActionKind.BLOCK_CHANNEL,
            Answered.REFUSED,
            False,
            (refusal(), Measure(ActionKind.BLOCK_CHANNEL, CHANNEL)),
        ),
        (ActionKind.UNLIST, Answered.PASSED, False, (Measure(ActionKind.UNLIST, CHANNEL),)),
        (ActionKind.WARN, Answered.PASSED, False, (Measure(ActionKind.WARN, ACCOUNT),)),
        (ActionKind.REDACT, Answered.PASSED, True, (Measure(ActionKind.REDACT, EVENT),)),
        (ActionKind.REFUSE, Answered.PASSED, True, (Measure(ActionKind.REDACT, EVENT),)),
        (ActionKind.HOLD, Answered.PASSED, True, (Measure(ActionKind.REDACT, EVENT),)),
        (ActionKind.REFUSE, Answered.PASSED, False, ()),
        (ActionKind.HOLD, Answered.PASSED, False, ()),
        (ActionKind.NONE, Answered.PASSED, False, ()),
        (
            ActionKind.RESTRICT,
            Answered.PASSED,
            False,
            (Measure(ActionKind.RESTRICT, Target(TargetKind.ACCOUNT, "@a:twin", "!r:twin")),),
        ),
        (
            ActionKind.QUARANTINE,
            Answered.PASSED,
            False,
            tuple(
                Measure(
                    ActionKind.QUARANTINE,
                    Target(TargetKind.MEDIA, "@a:twin", "!r:twin", media=media),
                )
                for media in FACTS.media
            ),
        ),
    ],
)
def test_measures_follow_from_the_proposal_and_the_answer(
    action: ActionKind, answered: Answered, exact: bool, measures: tuple[Measure, ...]
) -> None:
    assert measures_of(entry(action, answered, exact=exact)) == measures


@pytest.mark.parametrize("action", [ActionKind.REFUSE, ActionKind.HOLD])
def test_a_registration_that_was_let_in_begins_suspended(action: ActionKind) -> None:
    made = entry(action, Answered.PASSED, kind=EventKind.REGISTRATION)

    assert measures_of(made) == (Measure(ActionKind.SUSPEND, ACCOUNT),)


@pytest.mark.parametrize(
    ("kind", "target"),
    [
        (EventKind.MESSAGE, EVENT),
        (EventKind.EDIT, EVENT),
        (EventKind.ROOM_CREATION, EVENT),
        (EventKind.REGISTRATION, Target(TargetKind.REGISTRATION, account="@a:twin")),
        (
            EventKind.ROOM_PUBLICATION,
            Target(TargetKind.CHANNEL, "@a:twin", "!r:twin", "$e"),
        ),
    ],
)
def test_what_was_refused_is_looked_for_where_it_would_be(kind: EventKind, target: Target) -> None:
    assert answered_target(replace(FACTS, kind=kind)) == target


@pytest.mark.parametrize(
    ("action", "answered", "decided", "why"),
    [
        (ActionKind.REFUSE, Answered.REFUSED, True, None),
        (ActionKind.HOLD, Answered.REFUSED, True, ReviewReason.HELD),
        (ActionKind.NONE, Answered.REFUSED, True, ReviewReason.HELD),
        (ActionKind.NONE, Answered.PASSED, False, ReviewReason.PROPOSED),
        (ActionKind.REFUSE, Answered.PASSED, False, ReviewReason.TOO_LATE),
        (ActionKind.SUSPEND, Answered.PASSED, True, None),
        (ActionKind.REDACT, Answered.PASSED, False, ReviewReason.NOT_ALLOWED),
        (ActionKind.DEACTIVATE, Answered.PASSED, False, ReviewReason.NOT_ALLOWED),
        (ActionKind.LOCK, Answered.REFUSED, True, ReviewReason.NOT_ALLOWED),
    ],
)
def test_what_no_rule_may_do_alone_goes_to_a_person(
    action: ActionKind, answered: Answered, decided: bool, why: ReviewReason | None
) -> None:
    handled = handling(entry(action, answered), Rules())

    assert (handled.draft is not None) is decided
    assert (handled.review.why if handled.review else None) is why


def test_a_decision_bears_the_id_that_the_sender_was_shown() -> None:
    made = entry(ActionKind.REFUSE, Answered.REFUSED)

    draft = handling(made, Rules()).draft

    assert draft is not None
    assert (draft.id, draft.at, draft.evidence, draft.origin) == (made.id, NOW, made.id, "rule:$e")
    assert (draft.ground, draft.market, draft.milliseconds) == (Ground.RULE, "KZ", 4)
    assert draft.rule is not None
    assert (draft.rule.id, draft.rule.version) == ("drugs_sale_offer", "2")
    assert (draft.rule.author, draft.rule.approver) == (
        "author of drugs_sale_offer",
        "approver of 2",
    )


@pytest.mark.parametrize(
    ("stated", "detected", "language"),
    [("de", "ru", Language.DE), ("", "ru", Language.RU), ("", None, Language.KK)],
)
def test_the_language_is_the_stated_else_the_detected_else_the_markets(
    stated: str, detected: str | None, language: Language
) -> None:
    made = entry(ActionKind.REFUSE, Answered.REFUSED)
    made = replace(
        made,
        event=replace(made.event, language=stated),
        verdict=replace(made.verdict, language=detected),
    )

    draft = handling(made, Rules()).draft

    assert draft is not None
    assert draft.language is language


def test_a_review_names_what_was_already_decided_and_all_rules() -> None:
    held = entry(ActionKind.HOLD, Answered.REFUSED)
    review = handling(held, Rules()).review

    assert review is not None
    assert (review.decision, review.evidence, review.proposes) == (
        held.id,
        held.id,
        ActionKind.HOLD,
    )
    assert review.rules == (("drugs_sale_offer", "2"), ("other", "1"))
    assert (review.origin, review.account, review.event, review.media) == (
        "rule:$e",
        "@a:twin",
        "$e",
        FACTS.media,
    )


def test_a_verdict_without_a_rule_goes_to_a_person() -> None:
    made = entry(ActionKind.REFUSE, Answered.REFUSED)
    made = replace(made, verdict=replace(made.verdict, rules=()))

    handled = handling(made, Rules())

    assert handled.draft is None
    assert handled.review is not None
    assert handled.review.why is ReviewReason.NOT_ALLOWED


def test_what_was_refused_is_decided_even_if_a_person_decides_the_rest() -> None:
    made = entry(ActionKind.LOCK, Answered.REFUSED)

    handled = handling(made, Rules())

    assert handled.draft is not None
    assert handled.draft.measures == (refusal(),)
    assert handled.review is not None
    assert (handled.review.decision, handled.review.proposes) == (made.id, ActionKind.LOCK)


class Slow(Rules):
    def delay_minutes(self, rule_id: str, version: str) -> int:
        return 30


def test_a_rule_with_a_delay_acts_later_at_a_moment_that_stays_the_same() -> None:
    made = [entry(ActionKind.SUSPEND, Answered.PASSED) for _ in range(20)]
    found = [handling(one, Slow()).draft for one in made]
    again = [handling(one, Slow()).draft for one in made]

    moments = [one.not_before for one in found if one]
    assert all(m and NOW <= m <= NOW + timedelta(minutes=30) for m in moments)
    assert len(set(moments)) == 20
    assert moments == [one.not_before for one in again if one]
    assert handling(made[0], Rules()).draft.not_before is None  # type: ignore[union-attr]


def test_beyond_its_budget_a_rule_asks_a_person_and_is_counted() -> None:
    made = entry(ActionKind.NONE, Answered.PASSED)
    held = [
        replace(made, id=uuid4(), verdict=replace(made.verdict, over_budget=True)) for _ in range(3)
    ]

    handled = handling(held[0], Rules())
    (record,) = over_budget([*held, made])

    assert handled.draft is None
    assert handled.review is not None
    assert handled.review.why is ReviewReason.OVER_BUDGET
    assert (record.quantity, record.market) == (3, made.market)
    assert over_budget(held)[0].id == record.id
