"""Every page of the desk in five languages: no text is missing, and none is left in English.

Each address that answers with a page is asked in each language by somebody who may open it, and
each form is sent empty, so that what is said against it is read too. A new page is read without
being named here, as long as its address has no gaps; one with gaps needs its addresses in
`town_of_tests.py`.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from django.core.cache import cache as counters
from django.db import transaction
from django.test import Client
from django.urls import get_resolver
from django.utils.translation import trans_real
from pytest_django.fixtures import Settings
from tests.integration.searches_of_tests import searching
from tests.integration.test_permissions import addresses, matrix
from tests.integration.texts_of_tests import Texts, left_in_english, raw
from tests.integration.town_of_tests import NAMES, VISITOR, Town, town

from evenhand.base.lists import Language
from evenhand.base.sealing import make_keys

FORMS_IN = (Language.EN, Language.RU)
"""Languages in which empty forms are sent: English, and one in which no word is English."""

NO_PAGES = {
    "legal_authority_change",
    "legal_mailbox",
    "legal_paper_out",
    "log_file",
    "portal_request_paper",
}
"""Addresses with gaps that answer with files, or lead elsewhere."""

PARTS = {"staff_rule_check"}
"""Addresses that answer with a part of a page, for its script."""

REPORTS = ("/reports/", "/staff/reports/")
"""Pages whose days stand as in the files beside them."""


@pytest.fixture
def filled(settings: Settings, tmp_path: Path) -> Iterator[Town]:
    """A desk in full work, in a state folder of its own."""
    from evenhand import wiring

    make_keys(tmp_path / "keys")
    settings.EVENHAND_HOME = tmp_path
    settings.KEYS = tmp_path / "keys"
    settings.PUBLIC_FILES = tmp_path / "public"
    settings.ALLOWED_HOSTS = ["localhost"]
    settings.PUBLIC_URL = "http://localhost:8600"
    settings.VIOLATIONS = "tests.integration.test_portal.no_violations"
    counters.clear()
    wiring.pager.cache_clear()
    with searching(settings, tmp_path) as searcher:
        searcher.topics = {"forbidden": "drug_trade"}
        searcher.trending_terms = ("spring bulbs",)
        yield town()
    counters.clear()
    wiring.pager.cache_clear()


@dataclass(frozen=True)
class Read:
    """One page in the languages in which it was asked for."""

    where: str
    texts: Mapping[Language, Texts]


def readers(filled: Town, view: str, method: str) -> list[Client]:
    """Gives the browsers of those who may pass a door, a visitor's first."""
    who, _ = matrix().get(view, {}).get(method, (frozenset[str](), False))
    names = [VISITOR] if VISITOR in who else [n for n, roles in filled.roles.items() if roles & who]
    return [filled.people[name] for name in names]


def asked(
    client: Client, path: str, language: Language, *, form: Mapping[str, str] | None = None
) -> Any:
    """Gives what a browser is answered; of a form that is sent, nothing stays."""
    counters.clear()
    headers = {"accept-language": language.value}
    if form is None:
        return client.get(path, headers=headers)
    with transaction.atomic():
        answer = client.post(path, form, headers=headers, follow=True)
        transaction.set_rollback(True)
    return answer


def is_page(answer: Any) -> bool:
    """Tells whether an answer is a page with something on it."""
    return "html" in answer.headers.get("Content-Type", "") and bool(body_of(answer))


def body_of(answer: Any) -> str:
    """Gives what an answer says, a page that lies in a file too."""
    if not answer.streaming:
        return str(answer.content.decode())
    if not hasattr(answer, "body_read"):
        answer.body_read = b"".join(answer.streaming_content).decode()
    return str(answer.body_read)


def page_of(filled: Town, view: str, path: str) -> Read | None:
    """Reads one address in every language, as the first who gets something there."""
    for client in readers(filled, view, "GET"):
        answer = asked(client, path, Language.EN)
        if is_page(answer) and answer.status_code in {200, 403, 422}:
            others = {one: asked(client, path, one) for one in Language if one is not Language.EN}
            return read(path, {Language.EN: answer, **others})
    return None


def unseen(view: str) -> bool:
    """Tells whether nobody reads what a view answers with."""
    return view in NO_PAGES or view.startswith("api/")


def read(where: str, answers: Mapping[Language, Any]) -> Read:
    """Reads what was answered in each of some languages."""
    found = {}
    for language, answer in answers.items():
        html = body_of(answer)
        assert f'<html lang="{language.value}"' in html, where
        found[language] = Texts.read(html, language.value)
    return Read(where, found)


def part(where: str, answers: Mapping[Language, Any]) -> Read:
    """Reads the same part of a page, which says no language itself, in some languages."""
    return Read(where, {one: Texts.read(body_of(it), one.value) for one, it in answers.items()})


def faults_of(page: Read) -> dict[str, set[str]]:
    """Gives what is wrong with a page, with the languages in which it is."""
    found: dict[str, set[str]] = defaultdict(set)
    english = page.texts[Language.EN]
    for language, texts in page.texts.items():
        shown = [] if page.where.startswith(REPORTS) else raw(texts, NAMES)
        for fault in [*shown, *(f"<{name}> says nothing" for name in texts.empty)]:
            found[fault].add(language.value)
        if language is not Language.EN:
            for text in left_in_english(english, texts, NAMES):
                found[text].add(language.value)
    return found


def told(pages: Sequence[Read]) -> str:
    """Gives all faults, each once, with the first page that shows it."""
    found: dict[str, tuple[set[str], str]] = {}
    for page in pages:
        for fault, languages in faults_of(page).items():
            found.setdefault(fault, (set(), page.where))[0].update(languages)
    return "\n".join(
        f"{' '.join(sorted(languages))}: {fault}   ({where})"
        for fault, (languages, where) in sorted(found.items())
    )


@pytest.mark.django_db
def test_no_page_lacks_a_text_in_any_language(filled: Town) -> None:
    pages, unread = [], []
    for address in [one for one in addresses() if "GET" in matrix().get(one.view, {})]:
        paths = filled.addresses.get(address.view, [address.path])
        found = [page_of(filled, address.view, path) for path in paths]
        pages += [page for page in found if page is not None]
        if "/<" in routes()[address.view] and not unseen(address.view):
            unread += [path for path, page in zip(paths, found, strict=True) if page is None]

    assert unread == [], "give these addresses something to show in town_of_tests.py"
    assert len(pages) > 90
    assert not told(pages), told(pages)


@pytest.mark.django_db
def test_no_answer_to_a_form_lacks_a_text(filled: Town) -> None:
    pages = []
    for address in addresses():
        path = [*filled.addresses.get(address.view, []), address.path][0]
        for client in readers(filled, address.view, "POST")[:1]:
            answers = {one: asked(client, path, one, form={}) for one in FORMS_IN}
            if address.view in PARTS:
                pages.append(part(f"POST {path}", answers))
            elif all(is_page(answer) for answer in answers.values()):
                pages.append(read(f"POST {path}", answers))

    for view, path, fields in filled.forms:
        client = readers(filled, view, "POST")[0]
        answers = {one: asked(client, path, one, form=fields) for one in Language}
        assert all(answer.status_code == 200 for answer in answers.values())
        pages.append(read(f"POST {path}", answers))

    assert len(pages) > 60
    assert not told(pages), told(pages)


@cache
def routes() -> Mapping[str, str]:
    """Gives the route of each view, with its gaps."""
    found: dict[str, str] = {}

    def below(patterns: Sequence[Any], before: str) -> None:
        for entry in patterns:
            route = before + str(entry.pattern)
            if hasattr(entry, "url_patterns"):
                below(entry.url_patterns, route)
            else:
                found[entry.name or route] = route

    below(get_resolver().url_patterns, "/")
    return defaultdict(str, found)


@pytest.mark.django_db
def test_a_text_that_is_taken_out_of_a_catalogue_is_noticed(
    filled: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = page_of(filled, "staff_cases", "/staff/cases/")
    assert page is not None
    assert told([page]) == ""

    for language in ("de", "kk"):
        words = trans_real.translation(language)._catalog._catalogs
        for catalogue in words:
            if "Take the most urgent one" in catalogue:
                monkeypatch.delitem(catalogue, "Take the most urgent one")
    spoiled = page_of(filled, "staff_cases", "/staff/cases/")

    assert spoiled is not None
    assert told([spoiled]) == "de kk: Take the most urgent one   (/staff/cases/)"


@pytest.mark.parametrize(
    ("spoiled", "said"),
    [
        ("<p>Открыто 2026-11-21</p>", "Открыто 2026-11-21"),
        ("<td>key_enrolled</td>", "key_enrolled"),
        ("<td>m.spam.fraud</td>", "m.spam.fraud"),
        ("<p>{'a': 1}</p>", "{'a': 1}"),
        ("<p>Состояние: open</p>", "Состояние: open"),
        ("<p>Still in English.</p>", "Still in English."),
        ('<p><a href="/" title="Go home">Домой</a></p>', "Go home"),
        ("<button></button>", "<button> says nothing"),
        ("<table><tr><th> </th></tr></table>", "<th> says nothing"),
    ],
)
def test_what_only_programs_write_is_noticed(spoiled: str, said: str) -> None:
    page = '<html lang="{}"><p>{}</p>{}'.format
    english = Texts.read(page("en", "Good day", "<p>Still in English.</p>"), "en")
    russian = Texts.read(page("ru", "Добрый день", spoiled), "ru")

    found = faults_of(Read("/", {Language.EN: english, Language.RU: russian}))

    assert {said for said, languages in found.items() if "ru" in languages} == {said}


@pytest.mark.parametrize(
    "fine",
    [
        "<p>Скачать CSV</p>",
        "<code>key_enrolled</code>",
        '<p dir="auto">It was a joke.</p>',
        '<p lang="en">Digital Services Act</p>',
        "<p>EH-2026-000001 · Lena Lawyer</p>",
        "<p>@someone:example.test, https://example.test/a_b</p>",
        '<button aria-label="Домой"></button>',
    ],
)
def test_what_people_and_the_law_wrote_is_left_alone(fine: str) -> None:
    page = '<html lang="{}">{}'.format
    english = Texts.read(page("en", fine), "en")
    russian = Texts.read(page("ru", fine), "ru")
    names = frozenset({"Lena Lawyer"})

    assert left_in_english(english, russian, names) == []
    assert raw(russian, names) == []
