from datetime import UTC, datetime

import numpy as np
import pyarrow as pa
import pytest

from evenhand.events.schema import EVENT_SCHEMA
from evenhand.signals.arrow import words_of
from evenhand.signals.language import language, spoken_language
from evenhand.signals.views import views_of


def languages(*texts, stated=None, may_read=True):
    batch = pa.RecordBatch.from_pylist(
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
    views = views_of(batch, words_of(batch["kind"]), np.full(len(texts), may_read))
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
