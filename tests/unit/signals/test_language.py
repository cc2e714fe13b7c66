import re
from datetime import UTC, datetime
from importlib.resources import files

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evenhand.events.counts import count_characters
from evenhand.events.normalise import normalise, normalise_text
from evenhand.events.schema import EVENT_SCHEMA
from evenhand.events.text_column import TextColumn, arrow_text
from evenhand.events.unicode_tables import CharacterClass, unicode_tables
from evenhand.signals.arrow import words_of
from evenhand.signals.detection import (
    _ONE_LANGUAGE,
    _SHARED,
    _TELLING_LETTERS,
    LANGUAGES,
    LETTERS_MIN,
    SURE_VOTES_MIN,
    detect,
)
from evenhand.signals.language import doubtful, language, spoken_language
from evenhand.signals.views import views_of


def batch_of(texts, stated=None):
    return pa.RecordBatch.from_pylist(
        [
            {
                "event_id": str(k),
                "kind": "message",
                "time": datetime(2026, 1, 1, tzinfo=UTC),
                "channel_kind": "public",
                "text": text,
                "language": stated[k] if stated else None,
            }
            for k, text in enumerate(texts)
        ],
        schema=EVENT_SCHEMA,
    )


def seen(batch, may_read=True):
    return views_of(batch, words_of(batch["kind"]), np.full(batch.num_rows, may_read))


def languages(*texts, stated=None, may_read=True):
    batch = batch_of(texts, stated)
    views = seen(batch, may_read)
    column = language(batch, views)["language"]
    return [
        column.words[v] if k else None for v, k in zip(column.values, column.known, strict=True)
    ]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Where are you going with all of this?", "en"),
        ("Ich habe heute keine Zeit für dich", "de"),
        ("Je ne suis pas chez moi avec vous", "fr"),
        ("Я сегодня не могу, но ты можешь", "ru"),
        ("Мен бүгін келе алмаймын, бірақ сен келе аласың", "kk"),
        ("Пистолет пен патрондар сатылады, құжатсыз, жеке жазыңыз", "kk"),
        ("Клиенттер базасы мен банк карталарының деректері сатылады, жеке жазыңыз", "kk"),
        ("Эти вещи были вымыты, но не все", "ru"),
        ("Я сьогодні не можу, але ти можеш", "uk"),
        ("No puedo ir hoy, pero tú puedes con la familia", "es"),
        ("أنا لا أعرف ما هو هذا", "ar"),
        ("من نمی دانم که این چیست", "fa"),
        ("今天天气很好", "zh"),
        ("今日は天気がいいですね", "ja"),
        ("오늘 날씨가 좋아요", "ko"),
        ("Σήμερα ο καιρός είναι καλός", "el"),
        ("วันนี้อากาศดี", "th"),
    ],
)
def test_texts_are_told_by_script_and_small_words(text, code):
    assert languages(text) == [code]


@pytest.mark.parametrize("text", ["", "12345", "xqzt wrbl", "😀", "о"])
def test_what_is_not_clear_stays_unknown(text):
    assert languages(text) == [None]


def test_what_is_stated_wins():
    assert languages("Ich bin nicht da", "the and of", stated=["en", None]) == ["en", "en"]


def test_text_that_may_not_be_read_has_no_language():
    assert languages("the and of", may_read=False) == [None]


def test_the_slow_detector_is_asked_for_one_text():
    assert spoken_language("Ich habe heute leider überhaupt keine Zeit") == "de"


def test_the_slow_detector_is_worth_asking_where_its_answer_could_be_told():
    unclear = ["Regenschirm vergessen", "Зонтик забыла", "چتر", "12345", "x", "the and of"]

    views = seen(batch_of(unclear))

    doubted = doubtful(views, np.arange(len(unclear))).tolist()
    assert doubted == [True, True, False, False, False, False]


@pytest.mark.parametrize(
    ("text", "spoken"),
    [
        ("Ертең кездесеміз", "kk"),
        ("жеткізу бар, жеке жазыңыз", "kk"),
        ("құжатсыз", "kk"),
        ("Привіт, як у тебе справи сьогодні ввечері?", "uk"),
        ("Завтра утром поедем на рынок за яблоками", "ru"),
    ],
)
def test_kazakh_is_told_from_its_neighbours_by_its_letters(text: str, spoken: str):
    assert spoken_language(text) == spoken


def by_hand(text):
    """Gives what the kernel should: the leader of the votes and by how many, in plain Python."""
    found = TextColumn.of([normalise_text(text)])
    counts = count_characters(*arrow_text(pa.array([text])))
    letters = counts[0, : CharacterClass.OTHER_LETTER + 1].tolist()
    if letters[CharacterClass.KANA]:
        letters[CharacterClass.KANA] += letters[CharacterClass.HAN]
    script = letters.index(max(letters))
    if max(letters) < LETTERS_MIN:
        return None, False
    if script not in _SHARED:
        return _ONE_LANGUAGE.get(script), script in _ONE_LANGUAGE
    lines = files("evenhand.signals").joinpath("lists", "function_words.txt").read_text("utf-8")
    words = {
        code: set(words.split())
        for code, _, words in (x.partition(":") for x in lines.splitlines())
    }
    votes = dict.fromkeys(_SHARED[script], 0)
    for word in re.findall(r"[a-z'\x80-\U0010ffff]+(?=[\x00-\x7f])", found.texts()[0] + "\n"):
        for code in votes:
            votes[code] += word in words[code]
    for letter in found.texts()[0]:
        for code in votes:
            votes[code] += letter in _TELLING_LETTERS.get(code, "")
    best, second = sorted(votes.values())[:-3:-1]
    leader = max(votes, key=votes.__getitem__)
    return (leader, best - second >= SURE_VOTES_MIN) if best > second else (None, False)


PIECES = st.sampled_from(
    ["the", "ich", "и", "не", "бұл", "est", "nuestro", "ғ", "ñ", "в'", "這", "です", "ی", " ", ". "]
)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.lists(PIECES, max_size=9).map(" ".join) | st.text(max_size=20), max_size=4))
def test_rows_are_told_as_by_hand(texts):
    source = arrow_text(pa.array(texts, pa.string()))
    column = normalise(*source, tables=unicode_tables())

    found = detect(column, count_characters(*source))

    codes = [LANGUAGES[place] if place >= 0 else None for place in found.languages]
    assert list(zip(codes, found.sure.tolist(), strict=True)) == [by_hand(text) for text in texts]


def test_a_text_of_any_length_has_the_language_of_its_beginning():
    assert languages("the " * 1_000) == ["en"]
