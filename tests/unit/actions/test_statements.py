"""The statement of reasons says what DSA Art. 17(3) asks for, in five languages."""

from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

import pytest

from evenhand.actions.policies import PolicyGround, policy_of
from evenhand.actions.statements import (
    OBJECTION,
    ToldDecision,
    ToldMeasure,
    account_language,
    answer_text,
    objection_url,
    phrases,
    restored_text,
    statement_text,
)
from evenhand.base.harms import harms
from evenhand.base.lists import (
    ActionKind,
    Automation,
    Ground,
    Language,
    Source,
    TargetKind,
)
from evenhand.base.sealing import token_holds

DECISION = UUID("01a20320-a200-7402-93d1-14ec27843df9")
URL = "https://desk.example/objection/1/token/"
TOLD = ToldDecision(
    id=DECISION,
    at=datetime(2026, 11, 22, 12, tzinfo=UTC),
    ground=Ground.RULE,
    harm="m.tos.prohibited.drugs",
    reason="It offers drugs for sale.",
    source=Source.OWN,
    automation=Automation.FULL,
    detection_automated=True,
    channel="!market:twin",
    measures=(ToldMeasure(ActionKind.REFUSE, TargetKind.EVENT),),
)


def keys(words: object) -> set[str]:
    assert isinstance(words, dict)
    return {f"{group}.{key}" for group, entries in words.items() for key in entries}


@pytest.mark.parametrize("language", list(Language))
def test_every_language_has_the_same_phrases(language: Language) -> None:
    assert keys(dict(phrases(language))) == keys(dict(phrases(Language.EN)))


@pytest.mark.parametrize("language", list(Language))
def test_every_harm_has_a_phrase(language: Language) -> None:
    assert set(phrases(language)["harms"]) == set(harms())


@pytest.mark.parametrize("language", list(Language))
def test_every_phrase_has_the_same_places_to_fill(language: Language) -> None:
    for group, entries in phrases(Language.EN).items():
        for key, phrase in entries.items():
            assert phrases(language)[group][key].count("{") == phrase.count("{"), (group, key)


@pytest.mark.parametrize("language", list(Language))
@pytest.mark.parametrize("kind", [kind for kind in ActionKind if kind is not ActionKind.NONE])
@pytest.mark.parametrize("target", list(TargetKind))
def test_every_kind_can_be_told_in_every_language(
    language: Language, kind: ActionKind, target: TargetKind
) -> None:
    told = replace(TOLD, measures=(ToldMeasure(kind, target, ("DE",)),))

    text = statement_text(told, language, url=URL)

    assert URL in text
    assert str(DECISION) in text
    assert "{" not in text


def test_the_whole_statement_in_english() -> None:
    assert statement_text(TOLD, Language.EN, url=URL) == (
        "Your message was not posted\n"
        "\n"
        "Your message was not posted; nobody else saw it. It applies in all countries. "
        "It is not limited in time.\n"
        "\n"
        "What it was about: offering drugs.\n"
        "The reason: It offers drugs for sale.\n"
        "In the channel: !market:twin\n"
        "It was found by our own checks.\n"
        "A machine found it.\n"
        "The decision was made by a machine, following a fixed rule, without a person.\n"
        "The ground: a law, under which this is held to be unlawful (offering drugs): "
        "Framework Decision 2004/757/JHA, Art. 2(1)(a).\n"
        f"Why: {policy_of('m.tos.prohibited.drugs').explanation[Language.EN]}\n"
        "Decided on 2026-11-22.\n"
        "\n"
        f"If you think this is wrong, you can object free of charge within six months. "
        f"A person will decide: {URL}\n"
        "You can also turn to a certified out-of-court dispute settlement body, or to a court.\n"
        f"Number of the decision: {DECISION}\n"
        "\n"
        "No lawyer has reviewed the wording of this statement."
    )


def line_with(text: str, start: str) -> str:
    (line,) = [line for line in text.split("\n") if line.startswith(start)]
    return line


def test_the_gravest_measure_makes_the_subject_and_each_is_told() -> None:
    measures = (
        ToldMeasure(ActionKind.BLOCK_CHANNEL, TargetKind.CHANNEL),
        ToldMeasure(ActionKind.REFUSE, TargetKind.EVENT),
    )

    text = statement_text(replace(TOLD, measures=measures), Language.EN, url=URL)

    assert text.startswith("Your channel was blocked\n")
    assert "Your message was not posted; nobody else saw it." in text
    assert "Your channel was blocked. Nobody can enter it or write in it." in text


@pytest.mark.parametrize(
    ("measure", "says"),
    [
        (
            ToldMeasure(ActionKind.GEO_WITHHOLD, TargetKind.CHANNEL, ("DE", "KZ")),
            "It applies in these countries: DE, KZ. It applies until it is lifted.",
        ),
        (
            ToldMeasure(
                ActionKind.SUSPEND,
                TargetKind.ACCOUNT,
                ends_at=datetime(2026, 12, 24, 23, tzinfo=UTC),
            ),
            "It applies in all countries. It ends on 2026-12-24.",
        ),
        (
            ToldMeasure(ActionKind.SUSPEND, TargetKind.ACCOUNT),
            "It applies in all countries. It applies until it is lifted.",
        ),
        (
            ToldMeasure(ActionKind.REDACT, TargetKind.EVENT),
            "It applies in all countries. It is not limited in time.",
        ),
    ],
)
def test_territory_and_duration_are_told(measure: ToldMeasure, says: str) -> None:
    assert says in statement_text(replace(TOLD, measures=(measure,)), Language.EN, url=URL)


@pytest.mark.parametrize(
    ("kind", "target", "subject"),
    [
        (ActionKind.REFUSE, TargetKind.EVENT, "Your message was not posted"),
        (ActionKind.REFUSE, TargetKind.CHANNEL, "Your channel was not published"),
        (ActionKind.REFUSE, TargetKind.MEDIA, "Your file was not accepted"),
        (ActionKind.HOLD, TargetKind.MEDIA, "Your file was not accepted and is being reviewed"),
        (
            ActionKind.HOLD,
            TargetKind.CHANNEL,
            "Your channel was not published and is being reviewed",
        ),
        (ActionKind.RESTRICT, TargetKind.CHANNEL, "Your channel was restricted"),
        (ActionKind.SUSPEND, TargetKind.ACCOUNT, "Your account is suspended"),
        (ActionKind.REDACT, TargetKind.EVENT, "Your message was removed"),
        (ActionKind.REDACT, TargetKind.ACCOUNT, "Your messages were removed"),
        (ActionKind.QUARANTINE, TargetKind.MEDIA, "Your file can no longer be opened"),
    ],
)
def test_what_it_was_done_to_is_named(kind: ActionKind, target: TargetKind, subject: str) -> None:
    told = replace(TOLD, measures=(ToldMeasure(kind, target),))

    assert statement_text(told, Language.EN, url=URL).split("\n")[0] == subject


@pytest.mark.parametrize(
    ("automation", "detected", "says"),
    [
        (Automation.FULL, True, "A machine found it.\nThe decision was made by a machine"),
        (Automation.PARTIAL, True, "A machine found it.\nA person decided, after a machine"),
        (Automation.NONE, False, "No machine was used to find it.\nA person decided."),
    ],
)
def test_the_part_of_machines_is_told(automation: Automation, detected: bool, says: str) -> None:
    told = replace(TOLD, automation=automation, detection_automated=detected)

    assert says in statement_text(told, Language.EN, url=URL)


def test_an_order_is_a_legal_ground_and_a_case_is_not() -> None:
    ordered = statement_text(replace(TOLD, ground=Ground.ORDER), Language.EN, url=URL)
    judged = statement_text(replace(TOLD, ground=Ground.CASE), Language.EN, url=URL)

    assert "an order of an authority" in line_with(ordered, "The ground:")
    assert "a law" in line_with(judged, "The ground:")


# DSA Art. 17(3): what every statement has to say, in each language that people are told in.
@pytest.mark.parametrize("language", list(Language))
@pytest.mark.parametrize("harm", list(harms()))
def test_a_statement_says_all_that_the_law_asks_for(language: Language, harm: str) -> None:
    ends = datetime(2026, 12, 24, tzinfo=UTC)
    told = replace(
        TOLD,
        harm=harm,
        source=Source.USER,
        automation=Automation.PARTIAL,
        event="$message",
        measures=(
            ToldMeasure(ActionKind.REDACT, TargetKind.EVENT),
            ToldMeasure(ActionKind.SUSPEND, TargetKind.ACCOUNT, ends_at=ends),
            ToldMeasure(ActionKind.GEO_WITHHOLD, TargetKind.CHANNEL, ("DE",)),
        ),
    )
    words, policy = phrases(language), policy_of(harm)

    lines = statement_text(told, language, url=URL).split("\n")
    text = "\n".join(lines)

    # (a) what was done, where, for how long
    for kind in ("redact", "suspend", "geo_withhold"):
        assert words["measures"][kind] in text
    assert words["scope"]["countries"].format(countries="DE") in text
    assert words["scope"]["until"].format(date="2026-12-24") in text
    # (b) facts, and whether a notice led to it
    assert words["harms"][harm] in text
    assert told.reason in text
    assert words["facts"]["message"].format(event="$message") in lines
    assert words["source"]["user"] in lines
    # (c) automated means
    assert words["detection"]["machine"] in lines
    assert words["decision"]["partial"] in lines
    # (d) the law, or (e) the clause, and why
    ground = "law" if policy.ground is PolicyGround.ILLEGAL else "terms"
    said = words["ground"][ground].format(harm=words["harms"][harm], reference=policy.law_or_clause)
    assert said in lines
    assert words["ground"]["why"].format(why=policy.explanation[language]) in lines
    # (f) how to object: here, out of court, at a court
    assert words["redress"]["objection"].format(url=URL) in lines
    assert words["redress"]["dispute"] in lines
    assert lines[-1] == words["review"]["note"]


def test_what_was_never_posted_has_no_name_that_its_author_knows() -> None:
    told = replace(TOLD, event="$never-seen")

    assert "$never-seen" not in statement_text(told, Language.EN, url=URL)


@pytest.mark.parametrize("source", list(Source))
def test_who_drew_attention_to_it_is_told_without_a_name(source: Source) -> None:
    text = statement_text(replace(TOLD, source=source), Language.EN, url=URL)

    assert phrases(Language.EN)["source"][source.value] in text


def test_outside_a_channel_no_channel_is_named() -> None:
    assert "In the channel" not in statement_text(replace(TOLD, channel=""), Language.EN, url=URL)


@pytest.mark.parametrize(
    ("own", "detected", "market", "language"),
    [
        ("fr", "ru", "DE", Language.FR),
        (None, "ru", "DE", Language.RU),
        ("tr", "ru", "DE", Language.RU),
        ("tr", "es", "DE", Language.DE),
        (None, None, "KZ", Language.KK),
        (None, None, "US", Language.EN),
        (None, "und", "ZZ", Language.EN),
    ],
)
def test_people_are_told_in_their_own_language_else_the_markets(
    own: str | None, detected: str | None, market: str, language: Language
) -> None:
    assert account_language(own=own, detected=detected, market=market) is language


def test_the_link_to_object_is_made_for_one_decision() -> None:
    key = bytes(range(32))

    url = objection_url(DECISION, public_url="https://desk.example", key=key)

    start = f"https://desk.example/objection/{DECISION}/"
    assert url.startswith(start)
    assert url.endswith("/")
    token = url.removeprefix(start).rstrip("/")
    assert token_holds(token, OBJECTION, DECISION.bytes, key=key)


def test_an_undo_is_told_with_its_reason() -> None:
    text = restored_text(DECISION, ActionKind.SUSPEND, Language.EN, reason="A mistake.", copy=None)

    assert text == (
        "The decision about you does not stand\n"
        "\n"
        f"The decision {DECISION} was lifted.\n"
        "What was done because of it has been undone.\n"
        "The reason: A mistake."
    )


@pytest.mark.parametrize(
    ("kind", "needed", "says", "does_not_say"),
    [
        (ActionKind.SUSPEND, (), "needed", "undone"),
        (ActionKind.REDACT, (), "needed", "compensated"),
        (ActionKind.GEO_WITHHOLD, ("DE", "KZ"), "undone", "needed"),
    ],
)
@pytest.mark.parametrize("language", list(Language))
def test_what_another_decision_keeps_in_force_is_told(
    language: Language, kind: ActionKind, needed: tuple[str, ...], says: str, does_not_say: str
) -> None:
    words = phrases(language)["restored"]

    text = restored_text(DECISION, kind, language, reason="A mistake.", copy=None, needed=needed)

    lines = text.split("\n")
    assert words[says] in lines
    assert words[does_not_say] not in lines
    assert (words["needed_in"].format(countries="DE, KZ") in lines) is (needed != ())


def test_what_cannot_be_put_back_is_given_back_as_a_copy() -> None:
    text = restored_text(
        DECISION, ActionKind.REDACT, Language.EN, reason="A mistake.", copy="the words"
    )

    assert "What was removed cannot be put back by us." in text
    assert text.endswith("\n\nThis is the copy that we kept of it:\nthe words")


@pytest.mark.parametrize(
    ("upheld", "subject", "redress"),
    [(True, "Your objection was upheld", False), (False, "Your objection was refused", True)],
)
def test_the_answer_to_an_objection_says_how_it_ended_and_where_to_go_on(
    upheld: bool, subject: str, redress: bool
) -> None:
    text = answer_text(DECISION, Language.EN, upheld=upheld, reason="A person looked.")

    assert text.split("\n")[0] == subject
    assert "The reason: A person looked." in text
    assert str(DECISION) in text
    assert ("out-of-court" in text) is redress
