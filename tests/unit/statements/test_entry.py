"""The entry of a decision says what was decided, as the database's own rules want it."""

from datetime import date

import pytest
from tests.entries_of_tests import AT, REDACTION, facts

from evenhand.actions.policies import PolicyGround, policy_of
from evenhand.base.harms import harms
from evenhand.base.lists import (
    ActionKind,
    Automation,
    ChannelKind,
    Ground,
    Source,
    TargetKind,
)
from evenhand.connectors.dsa_twin import errors_of
from evenhand.statements.checks import exemption_of, refusals
from evenhand.statements.entry import Restriction, entry_of
from evenhand.statements.lists import Exemption
from evenhand.statements.scanner import scan
from evenhand.statements.schema import schema

SUSPENSION = Restriction(ActionKind.SUSPEND, TargetKind.ACCOUNT)


def test_a_whole_entry() -> None:
    assert entry_of(facts()).payload() == {
        "puid": facts().puid,
        "decision_visibility": ["DECISION_VISIBILITY_CONTENT_REMOVED"],
        "decision_ground": "DECISION_GROUND_INCOMPATIBLE_CONTENT",
        "incompatible_content_ground": policy_of("m.spam.fraud").law_or_clause,
        "incompatible_content_explanation": policy_of("m.spam.fraud").explanation["en"],
        "category": "STATEMENT_CATEGORY_SCAMS_AND_FRAUD",
        "category_specification": ["KEYWORD_OTHER"],
        "category_specification_other": "Fraud or phishing",
        "content_type": ["CONTENT_TYPE_TEXT"],
        "content_date": "2026-11-20",
        "territorial_scope": list(schema().territories),
        "application_date": "2026-11-22",
        "decision_facts": (
            "The decision is about a message in a public channel. "
            "Kind of violation: Fraud or phishing. A user drew attention to it. "
            "No automated means were used to detect it. A person took the decision."
        ),
        "source_type": "SOURCE_TYPE_OTHER_NOTIFICATION",
        "automated_detection": "No",
        "automated_decision": "AUTOMATED_DECISION_NOT_AUTOMATED",
    }


@pytest.mark.parametrize("kind", [kind for kind in ActionKind if kind is not ActionKind.NONE])
@pytest.mark.parametrize("target", [one for one in TargetKind if one != TargetKind.REGISTRATION])
def test_every_restriction_for_every_harm_gives_an_entry_that_may_leave(
    kind: ActionKind, target: TargetKind
) -> None:
    restrictions = (Restriction(kind, target, ("DE", "FR"), date(2026, 12, 24)), REDACTION)

    for harm in harms():
        payload = entry_of(facts(harm, restrictions=restrictions)).payload()

        assert (refusals(payload), scan(payload)) == ([], [])
        assert errors_of(payload, alone=True) == {}


def test_the_ground_is_the_policys() -> None:
    for harm in harms():
        payload = entry_of(facts(harm)).payload()
        illegal = policy_of(harm).ground is PolicyGround.ILLEGAL

        field = "illegal_content_legal_ground" if illegal else "incompatible_content_ground"
        assert payload[field] == policy_of(harm).law_or_clause
        assert ("incompatible_content_ground" in payload) is not illegal


@pytest.mark.parametrize(
    ("source", "formal", "said"),
    [
        (Source.OWN, False, "SOURCE_VOLUNTARY"),
        (Source.USER, False, "SOURCE_TYPE_OTHER_NOTIFICATION"),
        (Source.USER, True, "SOURCE_ARTICLE_16"),
        (Source.TRUSTED_FLAGGER, True, "SOURCE_TRUSTED_FLAGGER"),
        (Source.AUTHORITY, False, "SOURCE_TYPE_OTHER_NOTIFICATION"),
    ],
)
def test_who_drew_attention(source: Source, formal: bool, said: str) -> None:
    assert entry_of(facts(source=source, formal_notice=formal)).source_type == said


@pytest.mark.parametrize(
    ("automation", "machine", "detection", "decision"),
    [
        (Automation.FULL, True, "Yes", "AUTOMATED_DECISION_FULLY"),
        (Automation.PARTIAL, True, "Yes", "AUTOMATED_DECISION_PARTIALLY"),
        (Automation.NONE, False, "No", "AUTOMATED_DECISION_NOT_AUTOMATED"),
    ],
)
def test_the_part_of_machines(
    automation: Automation, machine: bool, detection: str, decision: str
) -> None:
    entry = entry_of(facts(automation=automation, detection_automated=machine))

    assert (entry.automated_detection, entry.automated_decision) == (detection, decision)


@pytest.mark.parametrize(
    ("restriction", "field", "value"),
    [
        (REDACTION, "decision_visibility", ("DECISION_VISIBILITY_CONTENT_REMOVED",)),
        (
            Restriction(ActionKind.BLOCK_CHANNEL, TargetKind.CHANNEL),
            "decision_visibility",
            ("DECISION_VISIBILITY_CONTENT_DISABLED",),
        ),
        (
            Restriction(ActionKind.UNLIST, TargetKind.CHANNEL),
            "decision_visibility",
            ("DECISION_VISIBILITY_CONTENT_DEMOTED",),
        ),
        (
            Restriction(ActionKind.REFUSE, TargetKind.EVENT),
            "decision_visibility",
            ("DECISION_VISIBILITY_OTHER",),
        ),
        (SUSPENSION, "decision_account", "DECISION_ACCOUNT_SUSPENDED"),
        (
            Restriction(ActionKind.DEACTIVATE, TargetKind.ACCOUNT),
            "decision_account",
            "DECISION_ACCOUNT_TERMINATED",
        ),
        (
            Restriction(ActionKind.RESTRICT, TargetKind.ACCOUNT),
            "decision_provision",
            "DECISION_PROVISION_PARTIAL_SUSPENSION",
        ),
    ],
)
def test_what_was_decided(restriction: Restriction, field: str, value: object) -> None:
    assert getattr(entry_of(facts(restrictions=(restriction,))), field) == value


def test_an_end_is_told_where_every_restriction_of_its_kind_has_one() -> None:
    until = Restriction(ActionKind.SUSPEND, TargetKind.ACCOUNT, ends_on=date(2026, 12, 1))

    ending = entry_of(facts(restrictions=(until,)))
    open_too = entry_of(facts(restrictions=(until, SUSPENSION)))

    assert ending.end_date_account_restriction == date(2026, 12, 1)
    assert open_too.end_date_account_restriction is None


def test_only_countries_of_the_database_are_told() -> None:
    withheld = Restriction(ActionKind.GEO_WITHHOLD, TargetKind.CHANNEL, ("KZ", "DE", "GR"))

    assert entry_of(facts(restrictions=(withheld,))).territorial_scope == ("DE", "GR")


@pytest.mark.parametrize(
    ("media", "kinds"),
    [
        ((), ("CONTENT_TYPE_TEXT",)),
        (("application",), ("CONTENT_TYPE_TEXT",)),
        (("application", "image"), ("CONTENT_TYPE_IMAGE",)),
        (("video", "audio"), ("CONTENT_TYPE_AUDIO", "CONTENT_TYPE_VIDEO")),
    ],
)
def test_the_kind_of_content(media: tuple[str, ...], kinds: tuple[str, ...]) -> None:
    assert entry_of(facts(media=media)).content_type == kinds


def test_an_account_is_content_of_another_kind() -> None:
    entry = entry_of(facts(restrictions=(SUSPENSION,)))

    assert (entry.content_type, entry.content_type_other) == (("CONTENT_TYPE_OTHER",), "Account")


def test_content_is_never_younger_than_the_decision() -> None:
    assert entry_of(facts(seen_on=date(2026, 12, 1))).content_date == AT.date()


COUNTED = {
    "small_enterprise": False,
    "ground": Ground.CASE,
    "harm": "m.spam.fraud",
    "channel_kind": ChannelKind.PUBLIC,
    "in_channel": True,
    "restrictions": (REDACTION,),
}


@pytest.mark.parametrize(
    ("changed", "exempt"),
    [
        ({}, None),
        ({"small_enterprise": True}, Exemption.SMALL_ENTERPRISE),
        ({"ground": Ground.ORDER}, Exemption.AUTHORITY_ORDER),
        ({"harm": "m.spam"}, Exemption.COMMERCIAL_SPAM),
        ({"harm": "m.spam.flooding"}, None),
        ({"channel_kind": ChannelKind.PRIVATE}, Exemption.NOT_PUBLIC),
        ({"channel_kind": ChannelKind.DIRECT, "restrictions": (SUSPENSION,)}, Exemption.NOT_PUBLIC),
        (
            {
                "channel_kind": ChannelKind.PRIVATE,
                "in_channel": False,
                "restrictions": (SUSPENSION,),
            },
            None,
        ),
        (
            {"restrictions": (Restriction(ActionKind.WARN, TargetKind.ACCOUNT),)},
            Exemption.NO_RESTRICTION,
        ),
        (
            {"restrictions": (Restriction(ActionKind.REFUSE, TargetKind.REGISTRATION),)},
            Exemption.NO_RESTRICTION,
        ),
        ({"restrictions": ()}, Exemption.NO_RESTRICTION),
        (
            {"restrictions": (Restriction(ActionKind.GEO_WITHHOLD, TargetKind.CHANNEL, ("KZ",)),)},
            Exemption.OUTSIDE_EU,
        ),
    ],
)
def test_what_stays_out(changed: dict[str, object], exempt: Exemption | None) -> None:
    assert exemption_of(**{**COUNTED, **changed}) is exempt  # type: ignore[arg-type]
