"""One contract for the client of the CyberTipline, over HTTP, against the twin."""

import os
from collections.abc import Iterator
from dataclasses import replace

import httpx
import pytest
from tests.unit.childsafety.test_tip import FACTS

from evenhand.base.errors import Unavailable
from evenhand.childsafety.ports import ReportLapsed, TipRefused
from evenhand.childsafety.tip import tip_document
from evenhand.connectors.cybertip import PRODUCTION, SANDBOX, CyberTipline
from evenhand.connectors.cybertip_twin import CyberTiplineTwin

Both = tuple[CyberTipline, CyberTiplineTwin]


@pytest.fixture
def both() -> Iterator[Both]:
    twin = CyberTiplineTwin("desk", os.urandom(8).hex())
    with twin.serving() as url:
        yield CyberTipline(url, twin.username, twin.password), twin


def test_a_report_is_opened_and_finished_once(both: Both) -> None:
    line, twin = both
    document = tip_document(FACTS)

    number = line.open_report(document)
    assert twin.finished == []
    line.finish(number)
    line.finish(number)

    assert twin.reports == {number: document}
    assert twin.finished == [number]


def test_what_is_no_report_is_refused(both: Both) -> None:
    line, twin = both

    with pytest.raises(TipRefused, match="4100"):
        line.open_report(b"<report/>")

    assert twin.reports == {}


def test_a_report_that_lapsed_is_said_to_have_lapsed(both: Both) -> None:
    line, twin = both
    number = line.open_report(tip_document(FACTS))
    twin.lapse()

    with pytest.raises(ReportLapsed):
        line.finish(number)


def test_a_report_is_taken_back_before_it_is_finished(both: Both) -> None:
    line, twin = both
    number = line.open_report(tip_document(FACTS))

    line.retract(number)
    line.retract(number)

    assert twin.reports == {}


def test_the_wrong_password_is_no_answer_about_a_report(both: Both) -> None:
    line, twin = both
    twin.password = "another"

    with pytest.raises(Unavailable, match="not let in"):
        line.open_report(tip_document(FACTS))
    with pytest.raises(Unavailable):
        line.ready()


def test_whoever_does_not_answer_is_asked_again_later(both: Both) -> None:
    line, twin = both
    twin.down = True

    with pytest.raises(Unavailable, match="503"):
        line.finish("4000001")


def test_the_schema_can_be_compared(both: Both) -> None:
    line, _ = both

    assert b"incidentSummary" in line.schema()
    assert line.ready()


def test_every_text_arrives_as_it_was(both: Both) -> None:
    line, twin = both
    facts = replace(FACTS, text="Қазақша, 漢字, <&>", quoted="\u202eabc")

    number = line.open_report(tip_document(facts))

    assert twin.reports[number] == tip_document(facts)


@pytest.mark.parametrize("body", [b"", b"<html>", b"<a><responseCode>x</responseCode></a>"])
def test_an_answer_that_says_nothing_is_none(body: bytes) -> None:
    answers = httpx.MockTransport(lambda _: httpx.Response(200, content=body))
    line = CyberTipline(SANDBOX, "desk", "x", transport=answers)

    with pytest.raises(Unavailable, match="unreadable"):
        line.open_report(tip_document(FACTS))


def test_only_the_real_address_is_no_sandbox() -> None:
    assert CyberTipline(SANDBOX, "a", "b").sandbox
    assert CyberTipline("http://127.0.0.1:1", "a", "b").sandbox
    assert not CyberTipline(PRODUCTION + "/", "a", "b").sandbox
