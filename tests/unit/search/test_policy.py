"""The query policy: what it refuses however it is disguised, and what it lets pass."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evenhand.search.policy import load_policy, shipped_policy
from evenhand.search.policy_limits import PHRASES_MAX, POLICY_BYTES_MAX
from evenhand.search.policy_text import PolicyRefused

POLICY = """\
version: "1"
title: "For tests"
topics:
  - id: trade
    harm: m.tos.prohibited.drugs
    says: {en: "Help.", de: "Hilfe.", fr: "Aide.", ru: "Помощь.", kk: "Көмек."}
    help: [drugs]
    items: true
    terms:
      en: ["buy|sell unobtainium", "unobtain* shop", "fake-id 47"]
      ru: ["купить мифрил"]
      zh: ["购买 秘银"]
    except:
      en: ["museum|addict*", "against trade"]
    hits: ["buy unobtainium"]
    passes: ["unobtainium"]
  - id: later
    harm: m.spam
    says: {en: "Help.", de: "Hilfe.", fr: "Aide.", ru: "Помощь.", kk: "Көмек."}
    help: [crisis]
    terms:
      en: ["sell unobtainium cheaply", "gold bars"]
    hits: ["gold bars"]
passes: ["weather"]
"""
PLAIN = load_policy(POLICY)


def without(line: str, text: str = POLICY) -> str:
    return "\n".join(one for one in text.split("\n") if line not in one)


@pytest.mark.parametrize(
    "query",
    [
        "buy unobtainium",
        "unobtainium, where to BUY?",
        "unobtainiums best shop",
        "47 fake id",
        "купить мифрил",
        "购买秘银",
        "秘银哪里购买",
    ],
)
def test_a_phrase_counts_when_all_its_words_stand_in_the_query(query: str):
    assert PLAIN.topic_of(query) == "trade"


@pytest.mark.parametrize(
    "query", ["", " ", "\x00", "buy", "unobtainium", "buyer unobtainium", "fake id", "秘银", "*"]
)
def test_a_query_without_all_words_of_a_phrase_passes(query: str):
    assert PLAIN.topic_of(query) == ""


@pytest.mark.parametrize(
    "query",
    [
        "buy un0bta1n1um",
        "8uy unob7ainium",
        "b u y u n o b t a i n i u m",
        "buy u.n.o.b.t.a.i.n.i.u.m",
        "buy unob-tainium",
        "buy unobt ain ium",
        "buyunobtainium",
        "#buy_unobtainium:example.org",
        "buyyyy unobtainiummmm",
        "buy unoooobtainium",
        "b\u200bu\u200by unob\u00adtainium",
        "buу unоbtаinium",
        "𝐛𝐮𝐲 𝕦𝕟𝕠𝕓𝕥𝕒𝕚𝕟𝕚𝕦𝕞",
        "ʙᴜʏ ᴜɴᴏʙᴛᴀɪɴɪᴜᴍ",
        "ｂｕｙ ｕｎｏｂｔａｉｎｉｕｍ",
        "büy ünöbtäinium",
        "b̷u̷y̷ u̷n̷o̷b̷t̷a̷i̷n̷i̷u̷m̷",
        "купить m и ф р и л",
        "купить миф рил",
        "kупиtь мифpил",
        "купить м1фр1л",
        "购 买 秘 银",
    ],
)
def test_a_disguise_lifts_nothing(query: str):
    assert PLAIN.topic_of(query) == "trade"


@pytest.mark.parametrize(
    "query",
    ["buy unobtainium museum", "UNOBTAINIUM addiction buy", "trade against buy unobtainium"],
)
def test_an_exception_lifts_what_stands_beside_it(query: str):
    assert PLAIN.topic_of(query) == ""


def test_an_exception_lifts_its_own_topic_alone():
    assert PLAIN.topic_of("museum sells gold bars") == "later"


def test_the_topic_that_comes_first_is_given():
    found = PLAIN.match("sell unobtainium cheaply")

    assert found is not None
    assert (found.topic.id, found.phrase.text) == ("trade", "buy|sell unobtainium")


def test_items_are_hidden_by_topics_that_say_so():
    hidden = PLAIN.hides(["I sell unobtainium", "gold bars", "un0btainium sh0p", ""])

    assert hidden == ["trade", "", "trade", ""]


ALIKE = {"a": "аɑᴀ", "e": "еᴇ", "o": "оο0", "i": "іι1!", "y": "у", "p": "р", "c": "с", "t": "7"}


@st.composite
def disguised(draw: st.DrawFn) -> str:
    words = draw(st.permutations(["Buy", "Unobtainium"]))
    letters = []
    for letter in " ".join([*words, draw(st.sampled_from(["", "now", "дом", "..."]))]):
        choices = [letter, letter.upper(), letter.lower(), *ALIKE.get(letter, "")]
        letters.append(draw(st.sampled_from(choices)))
        letters.append(draw(st.sampled_from(["", "", "", "\u200b", "\u00ad", "\u2060", "\u0301"])))
    return "".join(letters)


@given(disguised())
def test_no_letters_alike_case_accents_or_invisible_signs_lift_a_phrase(query: str):
    assert PLAIN.topic_of(query) == "trade"


@given(st.sampled_from(" .-_*·"), st.sampled_from(["buy", "sell", "BUY"]))
def test_no_spacing_lifts_a_phrase(joint: str, verb: str):
    assert PLAIN.topic_of(joint.join(f"{verb}unobtainium")) == "trade"
    assert PLAIN.topic_of(f"{verb} {joint.join('unobtainium')}") == "trade"


@given(st.text(max_size=400))
def test_no_text_breaks_it(query: str):
    assert PLAIN.topic_of(query) in {"", "trade", "later"}


def test_a_huge_query_ends():
    assert PLAIN.topic_of("ﷺ" * 20_000 + " a" * 20_000 + "@" * 20_000) == ""


def changed(old: str, new: str, *, last: bool = True) -> str:
    """Gives the policy with one place written otherwise: the last such, or the first."""
    before, found, after = POLICY.rpartition(old) if last else POLICY.partition(old)
    assert found
    return before + new + after


@pytest.mark.parametrize(
    ("text", "place", "why"),
    [
        ("", "", "fields with values"),
        ("- a", "- a", "fields with values"),
        ("version: {]", "{]", ""),
        (without("title:"), "version", "title is missing"),
        (without("harm: m.tos"), "id: trade", "harm is missing"),
        (changed("m.spam", "m.none"), "m.none", "no such harm: m.none"),
        (changed("[crisis]", "[magic]"), "[magic]", "no such kind: magic"),
        (changed("[crisis]", "[]"), "help: []", "at least one"),
        (changed('["gold bars"]\npasses', "[]\npasses"), "hits: []", "at least one"),
        (changed("id: later", "id:  trade"), "id:  trade", "line 4 already"),
        (changed("id: later", "id: Later"), "id: Later", "small letters"),
        (changed("items: true", "items: maybe"), "maybe", "true or false"),
        (changed("items: true", "item: true"), "item: true", "no such field: item"),
        (changed("ru: [", "russian: ["), "russian", "ISO 639"),
        (changed('"unobtain* shop"', '"a"'), '"a"', "single letter"),
        (changed('"unobtain* shop"', '"un*tain"'), "un*tain", "at the end"),
        (changed('"unobtain* shop"', '"*"'), '"*"', "letters before"),
        (changed('"unobtain* shop"', '"!!"'), '"!!"', "at least one word"),
        (changed('"unobtain* shop"', '"gold|silver-lead"'), "gold|silver-lead", "single words"),
        (changed('"unobtain* shop"', '""'), '""', "characters"),
        (
            changed('"gold bars"]\n    hits', '"gold bars",\n "gold bars" ]\n    hits'),
            '" ]',
            "already",
        ),
        (changed(', kk: "Көмек."', "", last=False), "says:", "kk is missing"),
        (POLICY + "passes: [ ]", "[ ]", "passes stands twice"),
        ("a" * (POLICY_BYTES_MAX + 1), "", "larger"),
    ],
)
def test_a_fault_is_named_with_its_line(text: str, place: str, why: str):
    with pytest.raises(PolicyRefused) as refused:
        load_policy(text)

    assert refused.value.fields["line"] == text[: text.index(place)].count("\n") + 1
    assert why in str(refused.value.fields["why"])


def test_more_phrases_than_are_looked_for_are_refused():
    many = ", ".join(f"word{k}" for k in range(PHRASES_MAX))

    with pytest.raises(PolicyRefused) as refused:
        load_policy(changed('"gold bars"]\n    hits', f"{many}]\n    hits"))

    assert "at most" in str(refused.value.fields["why"])


def test_fixtures_that_do_not_hold_are_named():
    faults = load_policy(POLICY.replace('passes: ["weather"]', 'passes: ["gold bars"]')).faults()

    assert [fault.in_words() for fault in faults] == [
        "line 24: 'gold bars' seeks later, not nothing"
    ]
    assert PLAIN.faults() == ()


def test_the_shipped_policy_holds_its_fixtures():
    policy = shipped_policy()

    assert [fault.in_words() for fault in policy.faults()] == []
    assert policy.hides(["buy cocaine"]) == [""]
    assert policy.harm_of("drug_trade") == "m.tos.prohibited.drugs"


def test_the_shipped_policy_has_fixtures_in_every_language_of_the_desk():
    for topic in shipped_policy().said.topics:
        assert len(topic.hits) >= 10
        assert len(topic.passes) >= 15
