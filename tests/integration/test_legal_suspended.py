"""What was filed by an officer who is suspended since: nothing is done on it."""

import pytest
from django.db import IntegrityError, transaction
from tests.integration.matters_of_tests import NOW, Desk, desk, refusal, signed, withhold

from evenhand.authorities.steps import suspend
from evenhand.legal import steps
from evenhand.legal.checks import StepRefused
from evenhand.legal.lists import Finding
from evenhand.legal.models import Matter
from evenhand.markets.lists import AuthorityKind

pytestmark = pytest.mark.django_db

ORDER = "kz-authorised-body-request"
"""An order to withhold, whose answer nobody ever fetches."""


def shut_out(one: Desk) -> None:
    suspend(one.officer.id, by=one.lawyer, why="denied by the switchboard", now=NOW)


def test_nothing_but_a_refusal_is_prepared_for_who_is_suspended() -> None:
    one = desk(country="KZ", kind=AuthorityKind.MINISTRY)
    matter = one.validated(ORDER)
    shut_out(one)

    with pytest.raises(StepRefused) as error:
        steps.prepare(matter.id, withhold("KZ"), by=one.lawyer, violations=None, now=NOW)
    assert error.value.fields["findings"] == (Finding.OFFICER_MAY_NOT_FILE,)

    steps.prepare(matter.id, refusal(), by=one.lawyer, violations=None, now=NOW)


def test_what_was_prepared_before_is_not_released() -> None:
    one = desk(country="KZ", kind=AuthorityKind.MINISTRY)
    matter = one.prepared(ORDER, withhold("KZ"))
    shut_out(one)

    with pytest.raises(StepRefused) as error:
        one.release(matter)
    assert error.value.fields["findings"] == (Finding.OFFICER_MAY_NOT_FILE,)

    with pytest.raises(IntegrityError), transaction.atomic():
        Matter.objects.filter(pk=matter.pk).update(**signed(one, matter))
