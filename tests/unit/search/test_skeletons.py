"""What a disguise changes is not in the skeleton of a name."""

import pytest

from evenhand.search.skeletons import NAME_CHARACTERS_MAX, skeletons, words_of


@pytest.mark.parametrize(
    "name",
    [
        "GREEN SUPPLY",
        "green-supply",
        "G r e e n  S u p p l y",
        "Gr33n Supp1y",
        "ɢʀᴇᴇɴ ѕᴜᴘᴘʟʏ",
        "Green\u200bSupply",
        "🌿 Green Supply 🌿 2",
        "The official Green Supply backup",
    ],
)
def test_disguises_leave_the_same_skeleton(name: str) -> None:
    plain = skeletons("Green Supply")[0].seen

    assert plain in {one.seen for one in skeletons(name)}


@pytest.mark.parametrize(
    ("name", "transliterated"),
    [
        ("Зелёный Магазин", "Zelenyi Magazin"),
        ("Клад Экспресс", "Klad Ekspress"),
        ("Жасыл Шөп Дүкені", "Zhasyl Shop Dukeni"),
        ("Κρυφή Αποθήκη", "Krifi Apothiki"),
    ],
)
def test_a_transliterated_name_is_said_alike(name: str, transliterated: str) -> None:
    assert skeletons(name)[0].said == skeletons(transliterated)[0].said


def test_vowel_signs_of_indic_scripts_are_letters() -> None:
    assert words_of("हिन्दी चर्चा") == ("हिन्दी", "चर्चा")


def test_a_name_of_added_words_alone_has_one_reading_with_them() -> None:
    assert [one.words for one in skeletons("Official Channel")] == [("official", "channel")]


@pytest.mark.parametrize("name", ["", "!!!", "24/7", "🌿🌿"])
def test_a_name_without_letters_has_no_reading(name: str) -> None:
    assert skeletons(name) == ()


def test_a_long_name_is_read_to_its_limit() -> None:
    long = "ab" * NAME_CHARACTERS_MAX

    assert skeletons(long) == skeletons(long[:NAME_CHARACTERS_MAX])
