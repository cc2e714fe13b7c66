"""The client of the DSA Transparency Database: one contract, on the twin or on the sandbox.

    EVENHAND_TEST_DSA_URL=https://… EVENHAND_TEST_DSA_TOKEN_FILE=… \\
        script/test tests/unit/connectors/test_dsa.py

runs the same against the Commission's sandbox; without the two, against the twin over HTTP. The
entries are made-up ones under numbers that are drawn anew for each run.
"""

import os
import threading
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import httpx
import pytest
from tests.entries_of_tests import facts

from evenhand.base.errors import EvenhandError, Unavailable
from evenhand.connectors.dsa import DsaDatabase
from evenhand.connectors.dsa_twin import DsaTwin, TwinServer
from evenhand.statements.entry import entry_of
from evenhand.statements.ports import AnswerLost, CallRefused, NotLetIn

SANDBOX = os.environ.get("EVENHAND_TEST_DSA_URL", "")
TOKEN = "1|token-of-the-twin"


def entry(**changed: object) -> dict[str, object]:
    """A made-up entry under a number of its own."""
    return {**entry_of(facts()).payload(), "puid": f"eh-{uuid4().hex}00000000", **changed}


@pytest.fixture
def twin() -> Iterator[TwinServer]:
    server = TwinServer(DsaTwin(TOKEN))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def database(twin: TwinServer) -> Iterator[DsaDatabase]:
    if SANDBOX:
        token = Path(os.environ["EVENHAND_TEST_DSA_TOKEN_FILE"]).read_text().strip()
        client = DsaDatabase(SANDBOX, token)
    else:
        client = DsaDatabase(twin.url, TOKEN)
    yield client
    client.close()


class TestContract:
    """What the database does, and its twin."""

    def test_a_batch_is_stored_and_each_entry_is_found_by_its_number(
        self, database: DsaDatabase
    ) -> None:
        batch = [entry() for _ in range(3)]

        answer = database.submit(batch)

        assert [one.puid for one in answer.stored] == [one["puid"] for one in batch]
        assert all(one.uuid and one.permalink.endswith(one.uuid) for one in answer.stored)
        assert [database.has(str(one["puid"])) for one in batch] == [True] * 3

    def test_a_number_that_was_never_used_is_not_found(self, database: DsaDatabase) -> None:
        assert database.has(str(entry()["puid"])) is False

    def test_a_hundred_go_in_one_call(self, database: DsaDatabase) -> None:
        assert len(database.submit([entry() for _ in range(100)]).stored) == 100

    def test_one_wrong_entry_stores_none_and_is_named_by_its_place(
        self, database: DsaDatabase
    ) -> None:
        good, wrong = entry(), entry(category="STATEMENT_CATEGORY_NO_SUCH")

        answer = database.submit([good, wrong])

        assert answer.stored == ()
        assert {place: set(faults) for place, faults in answer.refused.items()} == {1: {"category"}}
        assert database.has(str(good["puid"])) is False

    def test_a_number_is_used_once_for_ever(self, database: DsaDatabase) -> None:
        first = entry()
        database.submit([first])

        again = database.submit([entry(), first])

        assert {place: set(faults) for place, faults in again.refused.items()} == {1: {"puid"}}

    def test_the_same_number_twice_in_a_batch_is_refused(self, database: DsaDatabase) -> None:
        one = entry()

        answer = database.submit([one, one])

        assert answer.stored == ()
        assert all(set(faults) == {"puid"} for faults in answer.refused.values())

    def test_one_by_itself_is_stored(self, database: DsaDatabase) -> None:
        one = entry()

        answer = database.submit_one(one)

        assert [stored.puid for stored in answer.stored] == [one["puid"]]

    def test_one_by_itself_brings_back_what_is_held_under_its_number(
        self, database: DsaDatabase
    ) -> None:
        one = entry()
        (stored,) = database.submit_one(one).stored

        held = database.submit_one(one).held

        assert held is not None
        assert (held.uuid, held.content["category"]) == (stored.uuid, one["category"])

    def test_one_wrong_entry_by_itself_names_its_fields(self, database: DsaDatabase) -> None:
        answer = database.submit_one(entry(content_date="1999-01-01", territorial_scope=["EL"]))

        assert set(answer.refused[0]) == {"content_date", "territorial_scope"}

    def test_a_wrong_token_is_not_let_in(self, database: DsaDatabase) -> None:
        stranger = DsaDatabase(str(database._client.base_url).removesuffix("api/v1/"), "0|wrong")

        with pytest.raises(NotLetIn):
            stranger.submit([entry()])


@pytest.mark.parametrize(
    ("status", "error"),
    [(429, Unavailable), (500, AnswerLost), (503, AnswerLost), (401, NotLetIn),
     (403, NotLetIn), (400, CallRefused), (413, CallRefused), (301, AnswerLost),
     (404, Unavailable), (0, AnswerLost)],
)  # fmt: skip
@pytest.mark.parametrize("call", ["submit", "submit_one", "has"])
def test_each_failure_has_its_name(
    twin: TwinServer, status: int, error: type[EvenhandError], call: str
) -> None:
    database = DsaDatabase(twin.url, TOKEN)
    twin.twin.faults.append(status)
    if (call, status) == ("has", 404):
        assert database.has("eh-1") is False  # there it is an answer
        return
    calls = {
        "submit": lambda: database.submit([entry()]),
        "submit_one": lambda: database.submit_one(entry()),
        "has": lambda: database.has("eh-1"),
    }

    with pytest.raises(error) as raised:
        calls[call]()

    assert raised.type is error
    assert "decision_facts" not in str(raised.value)


def test_a_database_that_is_not_there_is_unavailable(twin: TwinServer) -> None:
    database = DsaDatabase("http://127.0.0.1:1", TOKEN)

    with pytest.raises(Unavailable) as raised:
        database.submit([entry()])

    assert not isinstance(raised.value, AnswerLost)


@pytest.mark.parametrize(
    ("status", "body", "error"),
    [
        (201, b"<html>", AnswerLost),
        (201, b'{"statements": []}', AnswerLost),
        (422, b"not json", CallRefused),
        (422, b'{"errors": {"statement_7": {"puid": ["x"]}}}', CallRefused),
        (422, b'{"errors": "no"}', CallRefused),
        (200, b"[]", AnswerLost),
    ],
)
def test_an_answer_of_another_form_is_not_believed(
    status: int, body: bytes, error: type[EvenhandError]
) -> None:
    transport = httpx.MockTransport(lambda _: httpx.Response(status, content=body))
    database = DsaDatabase("http://database.test", TOKEN, transport=transport)

    with pytest.raises(error):
        database.submit([entry()])


def test_the_twin_cleans_what_it_keeps_as_the_database_does(twin: TwinServer) -> None:
    database = DsaDatabase(twin.url, TOKEN)
    one = entry(
        category_addition=["STATEMENT_CATEGORY_VIOLENCE", "STATEMENT_CATEGORY_SCAMS_AND_FRAUD"],
        illegal_content_explanation="dropped",
        source_type="SOURCE_VOLUNTARY",
        source_identity="dropped",
    )

    database.submit([one])

    kept = twin.twin.kept[str(one["puid"])]
    assert kept["category_addition"] == ["STATEMENT_CATEGORY_VIOLENCE"]
    assert not {"illegal_content_explanation", "source_identity"} & set(kept)
