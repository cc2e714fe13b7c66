"""The report's XML: made from facts, and only what the schema takes. All texts are invented."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree

from evenhand.childsafety.lists import IncidentType
from evenhand.childsafety.tip import TipFacts, TipInvalid, check_document, tip_document

FACTS = TipFacts(
    incident=IncidentType.ENTICEMENT,
    at=datetime(2026, 11, 22, 12, tzinfo=UTC),
    account="@reported:example.test",
    channel="!room:example.test",
    messenger="Matrix",
    text="Placeholder: what happened.",
    mail="desk@example.test",
)


def test_a_report_of_text_alone_holds() -> None:
    root = etree.fromstring(tip_document(FACTS))

    assert root.findtext("incidentSummary/incidentType") == IncidentType.ENTICEMENT.value
    assert root.findtext("incidentSummary/incidentDateTime") == "2026-11-22T12:00:00+00:00"
    assert root.findtext("personOrUserReported/espIdentifier") == "@reported:example.test"
    assert root.findtext("additionalInfo") == "Placeholder: what happened."
    assert root.find("incidentSummary/escalateToHighPriority") is None


@pytest.mark.parametrize("incident", IncidentType)
def test_every_kind_is_one_that_the_interface_takes(incident: IncidentType) -> None:
    check_document(tip_document(replace(FACTS, incident=incident)))


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow], max_examples=60)
@given(st.text(min_size=1).filter(str.strip), st.text(), st.text())
def test_whatever_was_written_makes_a_report_that_holds(
    text: str, quoted: str, urgent: str
) -> None:
    document = tip_document(replace(FACTS, text=text, quoted=quoted, urgent=urgent))

    check_document(document)
    assert len(etree.fromstring(document)) == 5


def test_what_was_written_stays_text() -> None:
    hostile = '</additionalInfo><x/>&xxe;<!DOCTYPE a [<!ENTITY xxe SYSTEM "file:///etc/passwd">]>'

    root = etree.fromstring(tip_document(replace(FACTS, text=hostile)))

    assert root.findtext("additionalInfo") == hostile
    assert root.find("x") is None


@pytest.mark.parametrize(
    ("document", "said"),
    [
        (b"", "no XML"),
        (b"<report/>", "not of the schema's form"),
        (b"<other/>", "not of the schema's form"),
        (b"<a" * 200_000, "too long"),
        (b"\x00\xff", "no XML"),
        (b'<!DOCTYPE r [<!ENTITY a "b">]><report>&a;</report>', "document type"),
    ],
)
def test_what_is_no_report_is_refused(document: bytes, said: str) -> None:
    with pytest.raises(TipInvalid, match=said):
        check_document(document)


def test_a_refusal_never_quotes_what_was_written() -> None:
    broken = tip_document(FACTS).replace(IncidentType.ENTICEMENT.value.encode(), b"Secret words")

    with pytest.raises(TipInvalid) as refused:
        check_document(broken)

    assert "Secret" not in str(refused.value)
