import gettext
import io
import re

import pytest

from evenhand.desk.catalogues import (
    LANGUAGES,
    PLURAL_END,
    SOURCE,
    po_path,
    read_po,
    texts_in_sources,
    write_mo,
)

PLACEHOLDER = re.compile(r"%\((\w+)\)s")


def catalogue(language: str) -> dict[str, str]:
    return dict(read_po(po_path(language).read_text("utf-8")))


def test_texts_are_found_in_templates_and_in_modules() -> None:
    found = texts_in_sources()

    assert "What was removed here, and why" in found
    assert "Refused at posting" in found
    assert f"%(total)s case{PLURAL_END}%(total)s cases" in found
    assert len(found) > 300


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_text_is_translated(language: str) -> None:
    entries = catalogue(language)

    assert sorted(text for text in texts_in_sources() if not entries.get(text)) == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_number_has_its_form(language: str) -> None:
    entries = catalogue(language)
    forms = re.search(r"nplurals=(\d)", entries[""])
    assert forms is not None

    lacking = [
        text
        for text, said in entries.items()
        if PLURAL_END in text
        and len([one for one in said.split(PLURAL_END) if one]) < int(forms[1])
    ]

    assert lacking == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_translation_is_left_over(language: str) -> None:
    ours = {key for key in catalogue(language) if key and "\x04" not in key}

    assert sorted(ours - texts_in_sources()) == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_translation_fills_in_the_same_things(language: str) -> None:
    for text, translation in catalogue(language).items():
        if not text:
            continue
        wanted = set(PLACEHOLDER.findall(text))
        for form in translation.split(PLURAL_END):
            assert set(PLACEHOLDER.findall(form)) == wanted, text


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_compiled_catalogue_is_up_to_date(language: str) -> None:
    path = po_path(language)

    assert path.with_suffix(".mo").read_bytes() == write_mo(catalogue(language))


def test_python_reads_what_was_compiled() -> None:
    entries = {
        "": "Content-Type: text/plain; charset=UTF-8\nPlural-Forms: nplurals=2; plural=(n != 1);\n",
        "Word": "Сөз",
        f"one{PLURAL_END}many": f"ein{PLURAL_END}viele",
        "month\x04May": "мая",
    }

    read = gettext.GNUTranslations(io.BytesIO(write_mo(entries)))

    assert read.gettext("Word") == "Сөз"
    assert read.ngettext("one", "many", 1) == "ein"
    assert read.ngettext("one", "many", 7) == "viele"
    assert read.pgettext("month", "May") == "мая"


def test_a_text_that_stands_twice_is_noticed() -> None:
    with pytest.raises(AssertionError):
        read_po('msgid "a"\nmsgstr "b"\n\nmsgid "a"\nmsgstr "c"\n')


def test_no_page_carries_script_or_style_of_its_own() -> None:
    pages = sorted(SOURCE.glob("*/templates/**/*.html"))
    assert len(pages) >= 15

    for page in pages:
        text = page.read_text("utf-8")
        assert not re.search(r"\sstyle=|<style|\son\w+=|javascript:", text), page
        assert not re.search(r"<script(?![^>]*\ssrc=)", text), page
        for form in re.findall(r'<form[^>]*method="post".*?</form>', text, flags=re.DOTALL):
            assert "{% csrf_token %}" in form, page
