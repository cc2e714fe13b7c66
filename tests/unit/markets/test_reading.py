"""A regime file that has a fault is refused with file, line, column and what is wrong."""

from datetime import date, datetime, timedelta
from importlib.resources import as_file, files
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evenhand.markets.entries import Span
from evenhand.markets.lists import AuthorityKind, Confidence, DataCategory, Window
from evenhand.markets.reading import RegimeRefused, look_at, read_bytes, read_file, read_folder

GOOD = """\
id: xx
version: 2026-11-22
name: A law
citation: Law 1
jurisdictions: [NO, SE]
valid_from: 2020-02-29
source:
  - Law 1, read
confidence: high
requests:
  - id: xx-order
    kind: disclosure
    form: order
    title: An order
    articles: Art. 1
    data_categories: [subscriber]
    issuing_authorities: [police, court]
    validators: [court]
    self_validating: [court]
    mandatory_fields: [reference]
    deadline: P1DT12H
    emergency_target: PT30M
    deadline_text: A day and a half.
    territory: order
    notify: provider_policy
    notify_text: Nothing.
    windows:
      clarification: P5D
    source: Law 1, read
    confidence: high
    verified: true
"""


def write(folder: Path, text: str, name: str = "xx.yaml") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def faults(folder: Path, text: str, name: str = "xx.yaml") -> list[str]:
    _, found = read_file(write(folder, text, name))
    return [str(fault) for fault in found]


def test_a_good_file_is_read(tmp_path: Path) -> None:
    regime, found = read_file(write(tmp_path, GOOD))

    assert found == []
    assert regime is not None
    assert regime.jurisdictions == {"NO", "SE"}  # NO is Norway
    assert regime.version.startswith("2026-11-22.")
    (kind,) = regime.requests
    assert kind.deadline == timedelta(hours=36)
    assert kind.emergency_target == timedelta(minutes=30)
    assert kind.issuing_authorities == {AuthorityKind.POLICE, AuthorityKind.COURT}
    assert kind.data_categories == {DataCategory.SUBSCRIBER}
    assert kind.windows[Window.CLARIFICATION] == timedelta(days=5)
    assert kind.valid_from == date(2020, 2, 29)


def test_other_content_is_another_version(tmp_path: Path) -> None:
    first, _ = read_file(write(tmp_path, GOOD))
    second, _ = read_file(write(tmp_path, GOOD.replace("P1DT12H", "P1DT13H")))

    assert first is not None
    assert second is not None
    assert first.version != second.version


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ("id: xx\n", "id: yy\n", "xx.yaml:1:1: the id must be the file's name, xx"),
        ("[NO, SE]", "[NO, Sweden]", "xx.yaml:5:21: 'Sweden' is not a country of two capital"),
        ("[NO, SE]", "[NO, NO]", "xx.yaml:5:21: NO stands here twice"),
        ("[NO, SE]", '[NO, "*"]', "xx.yaml:5:16: * stands alone"),
        ("[NO, SE]", "[]", "xx.yaml:5:1: at least one country, or *"),
        ("2020-02-29", "2021-02-29", "xx.yaml:6:13: valid_from is a day"),
        ("valid_from: 2020-02-29", "valid_from: soon", "xx.yaml:6:13: valid_from is a day"),
        ("name: A law\n", "name: 7\n", "xx.yaml:3:7: name is a text"),
        ("name: A law\n", "", "xx.yaml:1:1: name is missing"),
        ("name: A law\n", "nom: A law\nname: A law\n", "xx.yaml:3:1: no such field: nom"),
        ("name: A law\n", "name: A law\nname: B\n", "xx.yaml:4:1: name stands here twice"),
        ("kind: disclosure", "kind: disclose", "xx.yaml:12:11: 'disclose' is not one of removal"),
        ("[police, court]", "[police, king]", "xx.yaml:17:35: 'king' is not one of court"),
        ("[police, court]", "[police, police]", "xx.yaml:17:35: police stands here twice"),
        ("[police, court]", "police", "xx.yaml:17:26: issuing_authorities is a list"),
        ("[police, court]", "[]", "xx.yaml:17:5: somebody must be able to ask"),
        ("[reference]", "[a b]", "xx.yaml:20:24: 'a b' is not small letters"),
        ("P1DT12H", "36 hours", "xx.yaml:21:15: deadline is a duration, as in PT1H"),
        ("P1DT12H", "P", "xx.yaml:21:15: deadline is a duration, as in PT1H"),
        ("P1DT12H", "P999999999D", "xx.yaml:21:15: deadline is a duration, as in PT1H"),
        ("P1DT12H", "!!int a", "xx.yaml:21:15: deadline is a duration, as in PT1H"),
        ("2020-02-29", "2020-02-29T10:00:00", "xx.yaml:6:13: valid_from is a day"),
        ("P1DT12H", "P1DT", "xx.yaml:21:15: deadline is a duration, as in PT1H"),
        ("P1DT12H", "P6M", "xx.yaml:21:15: deadline is counted in days, hours and minutes"),
        ("    deadline: P1DT12H\n", "", "xx.yaml:11:5: needs the law's deadline or a target"),
        ("self_validating: [court]", "self_validating: [judge]", "xx.yaml:19:5: only who may"),
        ("    validators: [court]\n", "", "xx.yaml:11:5: who validates it is missing"),
        ("[subscriber]", "[]", "xx.yaml:16:5: named exactly where data are asked for"),
        ("kind: disclosure", "kind: removal", "xx.yaml:16:5: named exactly where data are asked"),
        ("kind: disclosure", "kind: preservation", "xx.yaml:11:5: a preservation says how long"),
        ("clarification: P5D", "coffee: P5D", "xx.yaml:28:7: no such field: coffee"),
        ("clarification: P5D", "clarification: 5", "xx.yaml:28:22: clarification is a duration"),
        ("    verified: true", "    verified: yes please", "xx.yaml:31:15: verified is true or"),
        ("    verified: true", "    emergency_only: 1\n    verified: true", "xx.yaml:31:21: emerg"),
        ("PT30M\n", "PT30M\n    validated_categories: [traffic]\n", "xx.yaml:23:5: categories"),
    ],
)  # fmt: skip
def test_a_fault_is_named_with_its_place(
    tmp_path: Path, before: str, after: str, said: str
) -> None:
    assert before in GOOD

    found = faults(tmp_path, GOOD.replace(before, after, 1))

    assert any(one.startswith(said) for one in found), found


def test_all_faults_are_named_at_once(tmp_path: Path) -> None:
    text = GOOD.replace("P1DT12H", "soon").replace("[NO, SE]", "[Norge]").replace("order\n", "o\n")

    assert len(faults(tmp_path, text)) >= 3


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a: [1\n", "xx.yaml:2:1: did not find expected ',' or ']'"),
        ("- a\n- b\n", "xx.yaml:1:1: a mapping belongs here"),
        ("", "xx.yaml:1:1: a mapping belongs here"),
        (
            GOOD.replace("  - id: xx-order\n    kind", "  - xx-order\n  - kind"),
            "xx.yaml:11:5: a map",
        ),
    ],
)
def test_what_is_no_regime_at_all_is_named(tmp_path: Path, text: str, said: str) -> None:
    assert faults(tmp_path, text)[0].startswith(said)


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_no_text_breaks_the_reader(data: st.DataObject) -> None:
    lines = GOOD.splitlines(keepends=True)
    number = data.draw(st.integers(0, len(lines) - 1))
    start = data.draw(st.integers(0, len(lines[number])))
    odd = st.sampled_from(
        ["!x ", "!!int a", "2026-02-30", "2026-01-01T10:00:00",
         "&a ", "*a", "<<: ", "{", "[[", "- ",
         "? ", "null", "9" * 400, "1e999", "\t", "\0", "0x", "!!binary x", ": ", "P999999999999D"]
    )  # fmt: skip
    more = data.draw(odd | st.text(max_size=6))
    lines[number] = lines[number][:start] + more + lines[number][start:]

    regime, found = read_bytes("xx.yaml", "".join(lines).encode(errors="replace"))

    assert (regime is None) == bool(found)
    assert all(one.line >= 1 and one.column >= 1 for one in found)


def test_bytes_that_are_no_text_are_named(tmp_path: Path) -> None:
    (tmp_path / "xx.yaml").write_bytes(b"id: \xff\n")

    assert look_at(tmp_path).faults[0].why == "not UTF-8 at byte 4"


def test_a_file_too_large_is_refused_unread(tmp_path: Path) -> None:
    write(tmp_path, "#" * 300_000)

    assert "larger than" in look_at(tmp_path).faults[0].why


@pytest.mark.parametrize(
    ("confidence", "source", "checked", "is_sound"),
    [
        ("high", "Law 1, read", "", True),
        ("medium", "Law 1, read", "", False),
        ("low", "Law 1, read", "confirmed", False),
        ("high", "general knowledge (GK)", "", False),
        ("high", "general knowledge (GK)", "confirmed", True),
        ("high", "general knowledge (GK)", "corrected", True),
        ("high", "general knowledge (GK)", "not_found", False),
        ("high", "Law 1; the rest GK", "", False),
    ],
)
def test_only_what_is_sure_and_was_read_is_verified(
    tmp_path: Path, confidence: str, source: str, checked: str, is_sound: bool
) -> None:
    head, entry = GOOD.rsplit("    source: Law 1, read\n", 1)
    said = f"    checked: {checked}\n" if checked else ""
    entry = entry.replace("high", confidence)

    found = faults(tmp_path, f"{head}    source: {source}\n{said}{entry}")

    assert (found == []) is is_sound


def test_an_id_that_two_files_use_is_refused(tmp_path: Path) -> None:
    write(tmp_path, GOOD)
    write(tmp_path, GOOD.replace("id: xx\n", "id: yy\n"), "yy.yaml")

    assert [str(one) for one in look_at(tmp_path).faults] == ["yy.yaml:1:1: xx-order exists twice"]


def test_a_closed_regime_lets_nobody_ask(tmp_path: Path) -> None:
    text = GOOD.replace("confidence: high\n", "confidence: high\nclosed: true\n", 1)

    assert faults(tmp_path, text) == ["xx.yaml:10:1: a closed regime has no requests"]


def test_a_folder_with_faults_gives_no_law(tmp_path: Path) -> None:
    write(tmp_path, GOOD.replace("P1DT12H", "soon"))

    with pytest.raises(RegimeRefused) as refused:
        read_folder(tmp_path)

    assert "xx.yaml:21:15" in str(refused.value.fields["faults"])


def test_an_empty_folder_gives_no_law(tmp_path: Path) -> None:
    with pytest.raises(RegimeRefused):
        read_folder(tmp_path)


def test_the_shipped_files_have_no_fault() -> None:
    with as_file(files("evenhand.markets").joinpath("regimes")) as folder:
        reading = look_at(folder)

    assert reading.faults == []
    assert len(reading.regimes) == 16
    assert sum(len(one.requests) for one in reading.regimes) == 36


def test_what_is_shipped_as_unverified_stays_so() -> None:
    with as_file(files("evenhand.markets").joinpath("regimes")) as folder:
        kinds = [kind for one in look_at(folder).regimes for kind in one.requests]

    for kind in kinds:
        unsure = kind.confidence is not Confidence.HIGH
        assert not (unsure and kind.verified), kind.id
    assert sum(kind.verified for kind in kinds) == 17


@pytest.mark.parametrize(
    ("span", "begun", "ended"),
    [
        (Span(months=6), "2027-08-31T10:00Z", "2028-02-29T10:00Z"),
        (Span(months=6), "2026-08-31T10:00Z", "2027-02-28T10:00Z"),
        (Span(months=12), "2028-02-29T00:00Z", "2029-02-28T00:00Z"),
        (Span(months=1), "2026-12-15T00:00Z", "2027-01-15T00:00Z"),
        (Span(time=timedelta(days=60)), "2028-01-01T00:00Z", "2028-03-01T00:00Z"),
    ],
)  # fmt: skip
def test_months_end_on_a_day_that_exists(span: Span, begun: str, ended: str) -> None:
    assert span.after(datetime.fromisoformat(begun)) == datetime.fromisoformat(ended)
