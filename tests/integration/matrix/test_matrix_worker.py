"""The worker beside a real Synapse: acts, waits while Synapse is away, places accounts."""

import time
from collections.abc import Callable
from pathlib import Path
from uuid import uuid4

import pytest
from tests.conftest import START_SECONDS_MAX, Site
from tests.integration.matrix.conftest import Person, Town

from evenhand.actions.drafts import DecisionDraft, Measure
from evenhand.actions.lists import ActionState
from evenhand.actions.models import Action, Delivery
from evenhand.actions.ports import Target
from evenhand.actions.queries import evidence_of
from evenhand.actions.steps import decide
from evenhand.base import clock
from evenhand.base.ids import new_id
from evenhand.base.lists import ActionKind, ChannelKind, Ground, Language, Source, TargetKind
from evenhand.base.personal import reveal
from evenhand.connectors.matrix.messenger import MatrixMessenger
from evenhand.markets.queries import country_of

pytestmark = pytest.mark.synapse


def wait(until: Callable[[], bool]) -> None:
    give_up = time.monotonic() + START_SECONDS_MAX
    while not until():
        assert time.monotonic() < give_up, list(Delivery.objects.values("verb", "state", "error"))
        time.sleep(0.1)


def by_person(*measures: Measure, author: Person, room: str) -> DecisionDraft:
    now = clock.now()
    return DecisionDraft(
        id=new_id(now=now),
        at=now,
        origin=f"case:{uuid4()}",
        ground=Ground.CASE,
        harm="m.spam.fraud",
        severity=3,
        score=0.9,
        reason="It asks for money under a false name.",
        source=Source.USER,
        market="DE",
        language=Language.FR,
        channel_kind=ChannelKind.PUBLIC,
        measures=measures,
        case=uuid4(),
        staff=uuid4(),
        account=author.id,
        channel=room,
    )


@pytest.fixture
def worker(committed: Site, town: Town, tmp_path: Path) -> Site:
    """A worker process that acts on the Synapse, with a table of places of the test's own."""
    token, table = tmp_path / "synapse.token", tmp_path / "places.csv"
    token.write_text(town.admin_token)
    table.write_text("kind,prefix,country\nnetwork,203.0.113.0/24,KZ\n")
    committed.start(
        "evenhand.worker",
        EVENHAND_MESSENGER="synapse",
        EVENHAND_SYNAPSE_URL=town.homeserver.settings.url,
        EVENHAND_SYNAPSE_TOKEN_FILE=str(token),
        EVENHAND_PLACES=str(table),
    )
    return committed


def test_what_was_decided_while_synapse_is_away_is_done_when_it_is_back(
    worker: Site, town: Town
) -> None:
    author = town.person()
    room = author.public_room()
    event = author.send(room, "Guten Morgen").json()["event_id"]
    redaction = Measure(ActionKind.REDACT, Target(TargetKind.EVENT, author.id, room, event))
    wait((worker.home / "worker.ready").exists)

    town.homeserver.stop()
    decision = decide(by_person(redaction, author=author, room=room), now=clock.now())
    wait(lambda: Delivery.objects.filter(attempts__gt=1).exists())
    town.homeserver.start()
    wait(lambda: not Delivery.objects.exclude(state="done").exists())

    client = town.client()
    messenger = MatrixMessenger(client)
    action = Action.objects.get(decision=decision)
    assert action.state == ActionState.IN_FORCE
    assert client.event_in_room(room, event).redacted
    assert len(evidence_of(decision)) == 1
    notices = messenger._notice_rooms()
    told = notices._search(author.id)
    assert told is not None
    bodies = [one.content.get("body") for one in client.messages(told).events]
    (body,) = [text for text in bodies if isinstance(text, str) and str(decision.id) in text]
    assert body.startswith("Votre message a été supprimé\n")


def test_a_new_account_is_placed_by_its_network(worker: Site, town: Town) -> None:
    person = town.person()
    headers = {"Authorization": f"Bearer {person.token}", "X-Forwarded-For": "203.0.113.5"}
    person.http.get("/_matrix/client/v3/joined_rooms", headers=headers)

    wait(lambda: country_of(person.id) is not None)

    phone, network = town.client().contact(person.id)
    assert worker.home
    assert phone is None
    assert network is not None
    assert reveal(network) == "203.0.113.5"
    assert country_of(person.id) == "KZ"
    assert person.id in town.client().accounts()[0]
