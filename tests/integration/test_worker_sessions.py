"""Sessions that have ended are forgotten; the others stay."""

from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.sessions.models import Session

from evenhand.worker import forget_sessions

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


@pytest.mark.django_db
def test_ended_sessions_are_forgotten_and_others_stay() -> None:
    Session.objects.create(session_key="ended", expire_date=NOW - timedelta(seconds=1))
    Session.objects.create(session_key="lasting", expire_date=NOW + timedelta(seconds=1))

    forget_sessions(now=NOW)

    assert [one.session_key for one in Session.objects.all()] == ["lasting"]
