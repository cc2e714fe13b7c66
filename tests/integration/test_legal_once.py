"""Two who ask for a package at the same moment: one gets it, the other learns that it is gone."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from django.db import connection, transaction
from tests.conftest import START_SECONDS_MAX, Site
from tests.integration.matters_of_tests import NOW, desk

from evenhand.base.lists import RecordKind
from evenhand.legal import steps
from evenhand.legal.checks import StepRefused
from evenhand.legal.lists import Finding
from evenhand.legal.models import Disclosure
from evenhand.records.models import Record

ASKERS = 6


def test_of_many_who_ask_at_once_one_gets_the_package(committed: Site) -> None:
    with transaction.atomic():
        one = desk()
        one.released("eu-epoc-subscriber")
    package = Disclosure.objects.get()
    together = Barrier(ASKERS)

    def ask(_number: int) -> bytes | tuple[Finding, ...]:
        together.wait(START_SECONDS_MAX)
        try:
            return steps.hand_out(package.id, to=one.officer, now=NOW).sealed
        except StepRefused as error:
            return error.fields["findings"]
        finally:
            connection.close()

    with ThreadPoolExecutor(ASKERS) as pool:
        answers = list(pool.map(ask, range(ASKERS)))

    assert committed.home
    assert sum(isinstance(answer, bytes) for answer in answers) == 1
    assert answers.count((Finding.ALREADY_HANDED_OUT,)) == ASKERS - 1
    assert Record.objects.filter(kind=RecordKind.DISCLOSED).count() == 1
