"""The checks of decisions and undos: each finding, and what just passes."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.drafts_of_tests import ACCOUNT, CHANNEL, EVENT, NOW, REFUSAL, RULE, by_person, by_rule

from evenhand.actions import checks
from evenhand.actions.checks import (
    ANSWERS,
    DESTROYING,
    REMOVALS,
    SCOPED,
    TARGETS,
    UNDO,
    Attempt,
    Finding,
    Step,
    back_off,
    check_decision,
    check_undo,
    judge,
    lasting_on,
    memory_of_both,
    overlap,
    rule_may_do,
    still_needed,
    undo_shows,
)
from evenhand.actions.drafts import DecisionDraft, Measure
from evenhand.actions.limits import (
    ATTEMPTS_MAX,
    BACK_OFF_SECONDS_MAX,
    BACK_OFF_SECONDS_MIN,
    ID_LENGTH_MAX,
    ORIGIN_CHARACTERS_MAX,
    REASON_CHARACTERS_MAX,
    TERRITORIES_MAX,
    UNREACHABLE_HOURS_MAX,
    UNREACHABLE_QUICK_ATTEMPTS,
    UNREACHABLE_SECONDS_MAX,
    UNREACHABLE_SLOW_SECONDS,
)
from evenhand.actions.lists import ActionState, Verb
from evenhand.actions.ports import InForce, Target
from evenhand.base.harms import harms
from evenhand.base.lists import (
    AUTOMATED_KINDS,
    ActionKind,
    Automation,
    Ground,
    TargetKind,
    UndoResult,
)

MEDIA = Target(TargetKind.MEDIA, media="mxc://twin/m")
REGISTRATION = Target(TargetKind.REGISTRATION, account="@a:twin")
TARGET_OF = {
    TargetKind.EVENT: EVENT,
    TargetKind.ACCOUNT: ACCOUNT,
    TargetKind.CHANNEL: CHANNEL,
    TargetKind.MEDIA: MEDIA,
    TargetKind.REGISTRATION: REGISTRATION,
}


def measure_of(kind: ActionKind) -> Measure:
    target = TARGET_OF[min(TARGETS[kind])]
    territory = ("KZ",) if kind is ActionKind.GEO_WITHHOLD else ()
    return Measure(kind, target, territory, answered=kind in ANSWERS)


def findings(draft: DecisionDraft) -> tuple[Finding, ...]:
    return check_decision(draft, harms())


def test_a_sound_decision_of_a_rule_has_no_finding() -> None:
    assert findings(by_rule()) == ()


def test_a_sound_decision_of_a_person_has_no_finding() -> None:
    assert findings(by_person(Measure(ActionKind.REDACT, EVENT))) == ()


def test_a_decision_without_a_measure_may_be_made() -> None:
    assert findings(by_person(measures=())) == ()


@pytest.mark.parametrize(
    ("changes", "finding"),
    [
        ({"id": UUID("5a7e1c3e-2c43-4a51-9c6e-111111111111")}, Finding.ID_NOT_MINTED),
        ({"at": datetime(2026, 11, 22)}, Finding.TIME_WITHOUT_ZONE),  # noqa: DTZ001
        ({"origin": " "}, Finding.ORIGIN_MISSING),
        ({"origin": "o" * (ORIGIN_CHARACTERS_MAX + 1)}, Finding.TOO_LONG),
        ({"reason": "\n "}, Finding.REASON_MISSING),
        ({"reason": "r" * (REASON_CHARACTERS_MAX + 1)}, Finding.TOO_LONG),
        ({"account": "@" + "a" * ID_LENGTH_MAX}, Finding.TOO_LONG),
        ({"channel": "!" + "a" * ID_LENGTH_MAX}, Finding.TOO_LONG),
        ({"event": "$" + "a" * ID_LENGTH_MAX}, Finding.TOO_LONG),
        ({"market": "Germany"}, Finding.MARKET_INVALID),
        ({"market": "de"}, Finding.MARKET_INVALID),
        ({"harm": "m.made.up"}, Finding.HARM_UNKNOWN),
        ({"severity": 4}, Finding.SEVERITY_WRONG),
        ({"score": -0.01}, Finding.SCORE_OUT_OF_RANGE),
        ({"score": 1.01}, Finding.SCORE_OUT_OF_RANGE),
        ({"score": float("nan")}, Finding.SCORE_OUT_OF_RANGE),
        ({"score": 0.99, "exact": True}, Finding.EXACT_BELOW_ONE),
        ({"rule": None}, Finding.RULE_MISSING),
        ({"rule": replace(RULE, id="")}, Finding.RULE_MISSING),
        ({"rule": replace(RULE, version="")}, Finding.RULE_MISSING),
        ({"staff": uuid4()}, Finding.PERSON_BEHIND_RULE),
        ({"case": uuid4()}, Finding.PERSON_BEHIND_RULE),
    ],
)
def test_a_flaw_in_a_rules_decision_is_found_alone(
    changes: dict[str, object], finding: Finding
) -> None:
    assert findings(by_rule(**changes)) == (finding,)


@pytest.mark.parametrize(
    "changes",
    [
        {"origin": "o" * ORIGIN_CHARACTERS_MAX},
        {"reason": "r" * REASON_CHARACTERS_MAX},
        {"account": "a" * ID_LENGTH_MAX},
        {"channel": "a" * ID_LENGTH_MAX},
        {"event": "a" * ID_LENGTH_MAX},
        {"market": "ZZ"},
        {"score": 0.0},
        {"score": 1.0},
        {"score": 1.0, "exact": True},
        {"rule": replace(RULE, author="", approver="")},
    ],
)
def test_what_is_just_within_the_limits_passes(changes: dict[str, object]) -> None:
    assert findings(by_rule(**changes)) == ()


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"staff": None}, (Finding.PERSON_MISSING,)),
        ({"case": None}, (Finding.CASE_MISSING,)),
        ({"staff": None, "case": None}, (Finding.PERSON_MISSING, Finding.CASE_MISSING)),
        ({"ground": Ground.ORDER, "staff": None}, (Finding.PERSON_MISSING,)),
        ({"ground": Ground.ORDER, "case": None}, ()),
    ],
)
def test_a_persons_decision_names_the_person_and_the_case(
    changes: dict[str, object], expected: tuple[Finding, ...]
) -> None:
    assert findings(by_person(**changes)) == expected


def test_several_flaws_are_all_found() -> None:
    draft = by_rule(reason="", harm="m.made.up", rule=None)

    assert set(findings(draft)) == {
        Finding.REASON_MISSING,
        Finding.HARM_UNKNOWN,
        Finding.RULE_MISSING,
    }


@pytest.mark.parametrize("kind", [kind for kind in ActionKind if kind is not ActionKind.NONE])
def test_a_rule_does_alone_what_can_be_taken_back_and_no_more(kind: ActionKind) -> None:
    found = findings(by_rule(measure_of(kind)))

    if kind in AUTOMATED_KINDS:
        assert found == ()
    else:
        assert found == (Finding.TOO_GRAVE_FOR_RULE,)


@pytest.mark.parametrize("kind", [kind for kind in ActionKind if kind is not ActionKind.NONE])
def test_a_person_may_do_every_kind(kind: ActionKind) -> None:
    assert findings(by_person(measure_of(kind))) == ()


def test_the_gravest_kinds_need_a_person() -> None:
    kinds = [kind for kind in ActionKind if kind is not ActionKind.NONE]

    graver = {kind for kind in kinds if not rule_may_do(measure_of(kind), exact=False)}

    assert graver == {
        ActionKind.GEO_WITHHOLD,
        ActionKind.REDACT,
        ActionKind.LOCK,
        ActionKind.DEACTIVATE,
    }


@pytest.mark.parametrize(
    ("exact", "target", "allowed"),
    [(True, EVENT, True), (False, EVENT, False), (True, ACCOUNT, False), (False, ACCOUNT, False)],
)
def test_a_rule_redacts_one_event_on_an_exact_match_only(
    exact: bool, target: Target, allowed: bool
) -> None:
    assert rule_may_do(Measure(ActionKind.REDACT, target), exact=exact) is allowed


def test_a_rules_decision_to_redact_needs_an_exact_match() -> None:
    removal = Measure(ActionKind.REDACT, EVENT)

    assert findings(by_rule(removal, exact=True, score=1.0)) == ()
    assert findings(by_rule(removal, score=1.0)) == (Finding.TOO_GRAVE_FOR_RULE,)


def test_exactness_does_not_let_a_rule_close_an_account() -> None:
    assert not rule_may_do(Measure(ActionKind.DEACTIVATE, ACCOUNT), exact=True)


def test_one_measure_too_grave_spoils_the_decision() -> None:
    draft = by_rule(REFUSAL, Measure(ActionKind.LOCK, ACCOUNT))

    assert findings(draft) == (Finding.TOO_GRAVE_FOR_RULE,)


def test_none_is_no_measure() -> None:
    draft = by_person(Measure(ActionKind.NONE, EVENT))

    assert findings(draft) == (Finding.KIND_NONE,)


@pytest.mark.parametrize("kind", [kind for kind in ActionKind if kind is not ActionKind.NONE])
@pytest.mark.parametrize("target", list(TARGET_OF.values()), ids=lambda target: target.kind)
def test_a_kind_is_done_to_its_own_targets_only(kind: ActionKind, target: Target) -> None:
    found = findings(by_person(replace(measure_of(kind), target=target)))

    assert found == (() if target.kind in TARGETS[kind] else (Finding.TARGET_WRONG,))


@pytest.mark.parametrize(
    ("kind", "target"),
    [
        (ActionKind.REDACT, replace(EVENT, event="")),
        (ActionKind.SUSPEND, replace(ACCOUNT, account="")),
        (ActionKind.BLOCK_CHANNEL, replace(CHANNEL, channel="")),
        (ActionKind.QUARANTINE, replace(MEDIA, media="")),
        (ActionKind.REFUSE, replace(REGISTRATION, account="")),
    ],
)
def test_a_target_without_its_name_is_found(kind: ActionKind, target: Target) -> None:
    measure = Measure(kind, target, answered=kind in ANSWERS)

    assert findings(by_person(measure)) == (Finding.TARGET_UNNAMED,)


@pytest.mark.parametrize("name", ["account", "channel", "event", "media"])
def test_a_targets_ids_are_limited(name: str) -> None:
    kind = ActionKind.QUARANTINE if name == "media" else ActionKind.REDACT
    target = MEDIA if name == "media" else EVENT
    just = replace(target, **{name: "x" * ID_LENGTH_MAX})
    over = replace(target, **{name: "x" * (ID_LENGTH_MAX + 1)})

    assert findings(by_person(Measure(kind, just))) == ()
    assert findings(by_person(Measure(kind, over))) == (Finding.TOO_LONG,)


@pytest.mark.parametrize(
    ("kind", "territory", "expected"),
    [
        (ActionKind.GEO_WITHHOLD, ("KZ",), ()),
        (ActionKind.GEO_WITHHOLD, ("KZ", "DE"), ()),
        (ActionKind.GEO_WITHHOLD, (), (Finding.TERRITORY_MISSING,)),
        (ActionKind.GEO_WITHHOLD, ("ZZ",), (Finding.TERRITORY_INVALID,)),
        (ActionKind.GEO_WITHHOLD, ("KZ", "kz"), (Finding.TERRITORY_INVALID,)),
        (ActionKind.GEO_WITHHOLD, ("KAZ",), (Finding.TERRITORY_INVALID,)),
        (ActionKind.GEO_WITHHOLD, ("ҚЗ",), (Finding.TERRITORY_INVALID,)),
        (ActionKind.GEO_WITHHOLD, ("KZ", "KZ"), (Finding.TERRITORY_INVALID,)),
        (ActionKind.DEINDEX, (), ()),
        (ActionKind.DEINDEX, ("DE",), ()),
        (ActionKind.DEINDEX, ("D",), (Finding.TERRITORY_INVALID,)),
        (ActionKind.BLOCK_CHANNEL, ("DE",), (Finding.TERRITORY_NOT_POSSIBLE,)),
        (ActionKind.UNLIST, ("DE",), (Finding.TERRITORY_NOT_POSSIBLE,)),
    ],
)
def test_a_territory_is_a_list_of_countries_where_the_kind_allows_it(
    kind: ActionKind, territory: tuple[str, ...], expected: tuple[Finding, ...]
) -> None:
    assert findings(by_person(Measure(kind, CHANNEL, territory))) == expected


def test_a_territory_names_each_country_of_the_world_at_most() -> None:
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXY"
    codes = [first + second for first in letters for second in letters]

    just = Measure(ActionKind.GEO_WITHHOLD, CHANNEL, tuple(codes[:TERRITORIES_MAX]))
    over = Measure(ActionKind.GEO_WITHHOLD, CHANNEL, tuple(codes[: TERRITORIES_MAX + 1]))

    assert findings(by_person(just)) == ()
    assert findings(by_person(over)) == (Finding.TERRITORY_INVALID,)


@pytest.mark.parametrize(
    ("kind", "ends_at", "expected"),
    [
        (ActionKind.SUSPEND, NOW + timedelta(seconds=1), ()),
        (ActionKind.SUSPEND, NOW, (Finding.END_BEFORE_BEGINNING,)),
        (ActionKind.SUSPEND, NOW - timedelta(days=1), (Finding.END_BEFORE_BEGINNING,)),
        (ActionKind.SUSPEND, datetime(2027, 1, 1), (Finding.TIME_WITHOUT_ZONE,)),  # noqa: DTZ001
        (ActionKind.DEACTIVATE, NOW + timedelta(days=1), (Finding.END_NOT_POSSIBLE,)),
        (ActionKind.WARN, NOW + timedelta(days=1), (Finding.END_NOT_POSSIBLE,)),
    ],
)
def test_an_end_lies_ahead_and_only_where_undoing_is_possible(
    kind: ActionKind, ends_at: datetime, expected: tuple[Finding, ...]
) -> None:
    assert findings(by_person(Measure(kind, ACCOUNT, ends_at=ends_at))) == expected


@pytest.mark.parametrize(
    ("measure", "expected"),
    [
        (Measure(ActionKind.REFUSE, EVENT, answered=True), ()),
        (Measure(ActionKind.HOLD, EVENT, answered=True), ()),
        (Measure(ActionKind.REFUSE, EVENT), (Finding.ANSWER_MISSING,)),
        (Measure(ActionKind.HOLD, EVENT), (Finding.ANSWER_MISSING,)),
        (Measure(ActionKind.SUSPEND, ACCOUNT, answered=True), (Finding.ANSWER_NOT_POSSIBLE,)),
    ],
)
def test_only_a_refusal_is_done_by_the_doors_answer(
    measure: Measure, expected: tuple[Finding, ...]
) -> None:
    assert findings(by_rule(measure)) == expected


def test_the_same_measure_stands_once() -> None:
    once = Measure(ActionKind.SUSPEND, ACCOUNT)
    other = Measure(ActionKind.SUSPEND, replace(ACCOUNT, account="@b:twin"))

    assert findings(by_rule(once, other)) == ()
    assert findings(by_rule(once, once)) == (Finding.SAME_MEASURE_TWICE,)


def test_every_kind_has_its_undo_and_its_targets() -> None:
    assert set(UNDO) == set(ActionKind) == set(TARGETS)
    assert DESTROYING <= REMOVALS
    assert ANSWERS <= REMOVALS
    assert ActionKind.GEO_WITHHOLD in SCOPED


@pytest.mark.parametrize(
    ("kind", "result"),
    [
        (ActionKind.NONE, UndoResult.NOT_POSSIBLE),
        (ActionKind.LABEL, UndoResult.UNDONE),
        (ActionKind.WARN, UndoResult.COMPENSATED),
        (ActionKind.UNLIST, UndoResult.UNDONE),
        (ActionKind.DEINDEX, UndoResult.UNDONE),
        (ActionKind.HOLD, UndoResult.COMPENSATED),
        (ActionKind.REFUSE, UndoResult.COMPENSATED),
        (ActionKind.QUARANTINE, UndoResult.UNDONE),
        (ActionKind.RESTRICT, UndoResult.UNDONE),
        (ActionKind.GEO_WITHHOLD, UndoResult.UNDONE),
        (ActionKind.REDACT, UndoResult.COMPENSATED),
        (ActionKind.SUSPEND, UndoResult.UNDONE),
        (ActionKind.LOCK, UndoResult.UNDONE),
        (ActionKind.BLOCK_CHANNEL, UndoResult.UNDONE),
        (ActionKind.DEACTIVATE, UndoResult.NOT_POSSIBLE),
    ],
)
def test_the_table_says_what_undoing_returns(kind: ActionKind, result: UndoResult) -> None:
    assert UNDO[kind] is result


@pytest.mark.parametrize("state", list(ActionState))
def test_what_is_in_force_or_about_to_be_can_be_undone(state: ActionState) -> None:
    found = check_undo(ActionKind.SUSPEND, state, account="@a:twin", reason="a mistake")

    undoable = state in (ActionState.PENDING, ActionState.IN_FORCE)
    assert found == (() if undoable else (Finding.NOT_IN_FORCE,))


@pytest.mark.parametrize(
    ("kind", "account", "reason", "expected"),
    [
        (ActionKind.REDACT, "@a:twin", "a mistake", ()),
        (ActionKind.REDACT, "", "a mistake", (Finding.NOBODY_TO_COMPENSATE,)),
        (ActionKind.SUSPEND, "", "a mistake", ()),
        (ActionKind.DEACTIVATE, "@a:twin", "a mistake", (Finding.NOT_UNDOABLE,)),
        (ActionKind.NONE, "@a:twin", "a mistake", (Finding.NOT_UNDOABLE,)),
        (ActionKind.SUSPEND, "@a:twin", " \t", (Finding.REASON_MISSING,)),
        (ActionKind.SUSPEND, "@a:twin", "r" * REASON_CHARACTERS_MAX, ()),
        (ActionKind.SUSPEND, "@a:twin", "r" * (REASON_CHARACTERS_MAX + 1), (Finding.TOO_LONG,)),
    ],
)
def test_an_undo_needs_a_reason_and_somebody_to_compensate(
    kind: ActionKind, account: str, reason: str, expected: tuple[Finding, ...]
) -> None:
    assert check_undo(kind, ActionState.IN_FORCE, account=account, reason=reason) == expected


@pytest.mark.parametrize(
    ("ground", "flagged", "automation", "detected"),
    [
        (Ground.RULE, True, Automation.FULL, True),
        (Ground.RULE, False, Automation.FULL, True),
        (Ground.CASE, True, Automation.PARTIAL, True),
        (Ground.CASE, False, Automation.NONE, False),
        (Ground.ORDER, True, Automation.NONE, False),
        (Ground.ORDER, False, Automation.NONE, False),
    ],
)
def test_how_far_it_was_automated_follows_from_where_it_came(
    ground: Ground, flagged: bool, automation: Automation, detected: bool
) -> None:
    assert checks.automation_of(ground, flagged_by_rule=flagged) is automation
    assert checks.detected_by_machine(ground, flagged_by_rule=flagged) is detected


@pytest.mark.parametrize(
    ("draft", "owed"),
    [
        (by_rule(), True),
        (by_rule(account=""), False),
        (by_person(measures=()), False),
        (by_rule(Measure(ActionKind.REFUSE, REGISTRATION, answered=True)), False),
        (
            by_rule(
                Measure(ActionKind.REFUSE, REGISTRATION, answered=True),
                Measure(ActionKind.SUSPEND, ACCOUNT),
            ),
            True,
        ),
    ],
)
def test_whom_it_concerns_is_owed_a_statement(draft: DecisionDraft, owed: bool) -> None:
    assert checks.owes_statement(draft) is owed


HOUR = timedelta(hours=1)


def judged(verb: Verb, kind: ActionKind, found: InForce | None, attempts: int = 1) -> Step:
    return judge(verb, kind, Attempt(found), attempts=attempts, waited=HOUR)


@pytest.mark.parametrize("verb", [Verb.APPLY, Verb.CONFIRM])
@pytest.mark.parametrize("kind", [kind for kind in ActionKind if kind is not ActionKind.NONE])
def test_an_effect_stands_if_it_is_in_force_or_its_target_is_gone_for_good(
    verb: Verb, kind: ActionKind
) -> None:
    assert judged(verb, kind, InForce.YES) is Step.CONFIRMED
    assert (judged(verb, kind, InForce.GONE) is Step.CONFIRMED) is (kind in REMOVALS)


@pytest.mark.parametrize(
    ("verb", "found", "step"),
    [
        (Verb.APPLY, InForce.NO, Step.AGAIN),
        (Verb.APPLY, InForce.PARTLY, Step.AGAIN),
        (Verb.APPLY, None, Step.AGAIN),
        (Verb.CONFIRM, InForce.NO, Step.GIVEN_UP),
        (Verb.CONFIRM, InForce.PARTLY, Step.GIVEN_UP),
        (Verb.CONFIRM, None, Step.AGAIN),
        (Verb.UNDO, InForce.NO, Step.CONFIRMED),
        (Verb.UNDO, InForce.YES, Step.AGAIN),
        (Verb.UNDO, InForce.PARTLY, Step.AGAIN),
        (Verb.UNDO, InForce.GONE, Step.GIVEN_UP),
        (Verb.ANSWER, InForce.YES, Step.CONFIRMED),
        (Verb.ANSWER, InForce.NO, Step.AGAIN),
        (Verb.ANSWER, InForce.GONE, Step.AGAIN),
        (Verb.NOTIFY, InForce.YES, Step.CONFIRMED),
        (Verb.NOTIFY, InForce.NO, Step.AGAIN),
        (Verb.NOTIFY, InForce.GONE, Step.AGAIN),
        (Verb.NOTIFY, InForce.PARTLY, Step.AGAIN),
    ],
)
def test_what_was_found_decides_what_follows(verb: Verb, found: InForce | None, step: Step) -> None:
    assert judged(verb, ActionKind.SUSPEND, found) is step


@pytest.mark.parametrize("verb", [Verb.APPLY, Verb.UNDO, Verb.NOTIFY, Verb.ANSWER])
def test_what_does_not_show_is_tried_so_many_times(verb: Verb) -> None:
    found = InForce.YES if verb is Verb.UNDO else InForce.NO

    assert judged(verb, ActionKind.SUSPEND, found, ATTEMPTS_MAX - 1) is Step.AGAIN
    assert judged(verb, ActionKind.SUSPEND, found, ATTEMPTS_MAX) is Step.GIVEN_UP
    assert judged(verb, ActionKind.SUSPEND, None, ATTEMPTS_MAX) is Step.GIVEN_UP


def test_what_stands_at_the_last_attempt_is_confirmed() -> None:
    assert judged(Verb.APPLY, ActionKind.SUSPEND, InForce.YES, ATTEMPTS_MAX) is Step.CONFIRMED


def test_a_messenger_that_is_away_is_waited_for_however_often_it_was_asked() -> None:
    away = Attempt(None, unreachable=True)
    longest = timedelta(hours=UNREACHABLE_HOURS_MAX)

    def step(waited: timedelta) -> Step:
        return judge(Verb.APPLY, ActionKind.SUSPEND, away, attempts=10_000, waited=waited)

    assert step(longest) is Step.AGAIN
    assert step(longest + timedelta(seconds=1)) is Step.GIVEN_UP


def test_what_the_messenger_says_can_never_be_done_is_given_up_at_once() -> None:
    never = Attempt(None, refused=True)

    assert judge(Verb.APPLY, ActionKind.SUSPEND, never, attempts=1, waited=HOUR) is Step.GIVEN_UP


@given(
    verb=st.sampled_from(Verb),
    kind=st.sampled_from([kind for kind in ActionKind if kind is not ActionKind.NONE]),
    found=st.sampled_from([*InForce, None]),
    attempts=st.integers(1, 200),
)
def test_nothing_that_answers_is_tried_for_ever(
    verb: Verb, kind: ActionKind, found: InForce | None, attempts: int
) -> None:
    step = judged(verb, kind, found, attempts)

    assert step is not Step.AGAIN or attempts < ATTEMPTS_MAX


def seconds(attempts: int, *, unreachable: bool = False, jitter: float = 1.0) -> float:
    return back_off(attempts, unreachable=unreachable, jitter=jitter).total_seconds()


def test_pauses_double_up_to_a_limit() -> None:
    assert seconds(1) == BACK_OFF_SECONDS_MIN
    assert seconds(2) == 2 * BACK_OFF_SECONDS_MIN
    assert seconds(5) == 16 * BACK_OFF_SECONDS_MIN
    assert seconds(8) == BACK_OFF_SECONDS_MAX
    assert seconds(100_000) == BACK_OFF_SECONDS_MAX


def test_a_messenger_that_is_away_is_asked_often_and_later_seldom() -> None:
    assert seconds(1, unreachable=True) == BACK_OFF_SECONDS_MIN
    assert seconds(20, unreachable=True) == UNREACHABLE_SECONDS_MAX
    assert seconds(UNREACHABLE_QUICK_ATTEMPTS, unreachable=True) == UNREACHABLE_SECONDS_MAX
    assert seconds(UNREACHABLE_QUICK_ATTEMPTS + 1, unreachable=True) == UNREACHABLE_SLOW_SECONDS
    assert seconds(UNREACHABLE_QUICK_ATTEMPTS + 1) == BACK_OFF_SECONDS_MAX


def test_chance_spreads_a_pause_over_its_upper_half() -> None:
    assert seconds(3, jitter=0.0) == BACK_OFF_SECONDS_MIN * 2
    assert seconds(3, jitter=0.5) == BACK_OFF_SECONDS_MIN * 3
    assert seconds(3, jitter=1.0) == BACK_OFF_SECONDS_MIN * 4


@pytest.mark.parametrize(
    "call",
    [
        lambda: back_off(0, unreachable=False, jitter=0.5),
        lambda: back_off(1, unreachable=False, jitter=-0.1),
        lambda: back_off(1, unreachable=False, jitter=1.1),
    ],
)
def test_a_pause_of_no_attempt_or_of_wrong_chance_is_our_own_mistake(
    call: Callable[[], timedelta],
) -> None:
    with pytest.raises(AssertionError):
        call()


@pytest.mark.parametrize(
    ("kind", "memory", "shows"),
    [
        (ActionKind.UNLIST, {"listed": True}, True),
        (ActionKind.UNLIST, {"listed": False}, False),
        (ActionKind.UNLIST, {}, False),
        (ActionKind.GEO_WITHHOLD, {"members": ["@a:twin"]}, True),
        (ActionKind.GEO_WITHHOLD, {"members": []}, False),
        (ActionKind.GEO_WITHHOLD, {}, False),
        (ActionKind.RESTRICT, {"level": None}, True),
        (ActionKind.RESTRICT, {"level": 0}, True),
        (ActionKind.RESTRICT, {"level": -1}, False),
        (ActionKind.SUSPEND, {}, True),
        (ActionKind.BLOCK_CHANNEL, {"members": []}, True),
    ],
)
def test_an_undo_shows_unless_it_was_so_before(
    kind: ActionKind, memory: dict[str, object], shows: bool
) -> None:
    assert undo_shows(kind, memory) is shows


@pytest.mark.parametrize(
    ("code", "country"),
    [("DE", True), ("KZ", True), ("ZZ", False), ("de", False), ("D", False), ("DEU", False)],
)
def test_a_country_has_the_form_of_its_code(code: str, country: bool) -> None:
    assert checks.is_country(code) is country


@pytest.mark.parametrize(
    ("kind", "target", "on"),
    [
        (ActionKind.SUSPEND, ACCOUNT, "@a:twin"),
        (ActionKind.SUSPEND, replace(ACCOUNT, channel="!r:twin"), "@a:twin"),
        (ActionKind.RESTRICT, replace(ACCOUNT, channel="!r:twin"), "!r:twin @a:twin"),
        (ActionKind.RESTRICT, CHANNEL, "!r:twin @a:twin"),
        (ActionKind.BLOCK_CHANNEL, CHANNEL, "!r:twin"),
        (ActionKind.REDACT, EVENT, "$e"),
        (ActionKind.REDACT, ACCOUNT, "@a:twin"),
        (ActionKind.QUARANTINE, MEDIA, "mxc://twin/m"),
        (ActionKind.LABEL, REGISTRATION, "@a:twin"),
    ],
)
def test_what_an_effect_lasts_on_follows_from_its_kind_and_target(
    kind: ActionKind, target: Target, on: str
) -> None:
    assert lasting_on(kind, target) == on


@pytest.mark.parametrize("kind", list(ActionKind))
def test_what_is_over_once_it_is_given_lasts_on_nothing(kind: ActionKind) -> None:
    over = {
        ActionKind.NONE,
        ActionKind.WARN,
        ActionKind.REFUSE,
        ActionKind.HOLD,
        ActionKind.DEACTIVATE,
    }

    assert (lasting_on(kind, EVENT) == "") is (kind in over)


@pytest.mark.parametrize(
    ("one", "other", "common"),
    [
        ((), (), True),
        ((), ("KZ",), True),
        (("KZ",), (), True),
        (("DE", "KZ"), ("KZ",), True),
        (("DE",), ("KZ",), False),
    ],
)
def test_territories_overlap_where_they_have_a_country_in_common(
    one: tuple[str, ...], other: tuple[str, ...], common: bool
) -> None:
    assert overlap(one, other) is common


@pytest.mark.parametrize(
    ("territory", "others", "needed"),
    [
        ((), [], None),
        (("DE",), [], None),
        (("DE",), [("KZ",), ("FR",)], None),
        ((), [()], ()),
        (("DE",), [()], ()),
        (("DE",), [("FR",), ()], ()),
        (("DE",), [("DE", "KZ")], ()),
        (("DE", "KZ"), [("KZ",), ("DE",)], ()),
        (("KZ", "FR", "DE"), [("KZ", "RU"), ("DE",)], ("DE", "KZ")),
        ((), [("KZ",), ("DE",)], ("DE", "KZ")),
        ((), [("KZ",), ()], ()),
    ],
)
def test_an_effect_is_needed_where_another_asks_for_it(
    territory: tuple[str, ...],
    others: list[tuple[str, ...]],
    needed: tuple[str, ...] | None,
) -> None:
    assert still_needed(territory, others) == needed


COUNTRIES = st.lists(st.sampled_from(["DE", "FR", "KZ", "RU"]), unique=True, min_size=1)


@given(territory=COUNTRIES, others=st.lists(COUNTRIES))
def test_nothing_is_lifted_where_another_asks_for_it_and_everything_elsewhere(
    territory: list[str], others: list[list[str]]
) -> None:
    needed = still_needed(territory, others)

    kept = set() if needed is None else set(needed) or set(territory)
    assert kept == {country for country in territory if any(country in one for one in others)}


@pytest.mark.parametrize(
    ("first", "second", "both"),
    [
        (None, None, {}),
        ({"listed": True}, None, {"listed": True}),
        (None, {"listed": True}, {"listed": True}),
        ({"listed": True}, {"listed": False}, {"listed": True}),
        ({"level": None}, {"level": -1}, {"level": None}),
        ({"members": ["a", "b"]}, {"members": ["b", "c"]}, {"members": ["a", "b", "c"]}),
        ({"members": ["a"]}, {"members": None}, {"members": ["a"]}),
        ({"members": ["a"]}, {"aliases": ["x"]}, {"members": ["a"], "aliases": ["x"]}),
    ],
)
def test_what_was_before_the_first_of_two_is_given_back(
    first: dict[str, object] | None, second: dict[str, object] | None, both: dict[str, object]
) -> None:
    assert memory_of_both(first, second) == both


@pytest.mark.parametrize("found", [*InForce, None])
def test_an_undo_that_left_the_effect_to_another_is_done(found: InForce | None) -> None:
    left = Attempt(found, kept=True)

    assert judge(Verb.UNDO, ActionKind.SUSPEND, left, attempts=1, waited=HOUR) is Step.CONFIRMED
