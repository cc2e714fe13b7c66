"""A thief has an old key of the log: what its owner says of that is believed, and nothing after."""

import json
import shutil
from pathlib import Path

import pytest
from tests.logs_of_tests import KEY, ORIGIN, SIGNER, MadeLog, leaf, record, rewritten

from evenhand.cli import main
from evenhand.proof.keys import WITHDRAWAL, LogKeys
from evenhand.proof.notes import Checkpoint, Signer, sign, sign_text

SECOND, THIRD, THIEF = (Signer(ORIGIN, bytes([number]) * 32) for number in (7, 8, 9))
FIRST_KEYS = LogKeys(SIGNER.verifier)
FOLLOWED = FIRST_KEYS.followed_by(SECOND.verifier, old=SIGNER)
STOLEN_AT = 300


@pytest.fixture
def log(tmp_path: Path) -> MadeLog:
    made = MadeLog(tmp_path / "log")
    made.add([record()])
    made.grow(STOLEN_AT - 1)
    return made


@pytest.fixture
def state(tmp_path: Path) -> Path:
    return tmp_path / "state"


def show(log: MadeLog, keys: LogKeys) -> None:
    (log.folder / "keys.json").write_text(keys.as_json())


def withdraw(log: MadeLog) -> None:
    """Does what `evenhand log rotate-key --stolen` does."""
    show(log, FOLLOWED.without(SIGNER.verifier, size=STOLEN_AT, by=[SIGNER, SECOND]))
    log.signer = SECOND
    log.grow(50)


def verify(log: MadeLog, key: Signer | None) -> int:
    named = [] if key is None else ["--key", str(key.verifier)]
    return main(["verify", "log", str(log.folder), *named])


def audit(log: MadeLog, state: Path, *more: str) -> int:
    return main(["audit", str(log.folder), "--state", str(state), "--once", *more])


def test_who_knows_the_new_key_goes_on_and_who_knows_the_old_one_is_told(log: MadeLog, capsys):
    withdraw(log)

    found = [verify(log, SECOND), verify(log, None), verify(log, SIGNER)]

    assert found == [0, 0, 1]
    said = capsys.readouterr().out
    assert "the key that you know is withdrawn" in said
    assert str(SECOND.verifier) in said
    assert "by a way that does not lead through this site" in said


def test_a_list_of_keys_that_was_kept_names_those_that_are_not_withdrawn(log: MadeLog):
    before, after = log.folder.parent / "before.json", log.folder.parent / "after.json"
    shutil.copy(log.folder / "keys.json", before)
    withdraw(log)
    shutil.copy(log.folder / "keys.json", after)
    words = ["verify", "log", str(log.folder), "--key"]

    assert [main([*words, str(file)]) for file in (before, after)] == [1, 0]


def test_what_the_old_key_alone_signs_afterwards_is_refused(log: MadeLog, capsys):
    withdraw(log)
    thief = rewritten(log, [*log.leaves[:300], *map(leaf, range(900, 1100))], "thief")
    thief.signer = SIGNER
    thief.grow(10)
    shutil.copy(log.folder / "keys.json", thief.folder / "keys.json")

    assert [verify(thief, key) for key in (SECOND, None, SIGNER)] == [1, 1, 1]
    assert "only a key signed it that is withdrawn" in capsys.readouterr().out


def test_what_the_old_key_signed_before_still_holds_beside_the_new_one(log: MadeLog):
    receipt, kept = log.receipt(), Path(f"{log.folder}-{STOLEN_AT}.note")
    withdraw(log)
    beyond = rewritten(log, log.leaves[:310], "beyond")
    beyond.signer = SIGNER
    beyond.grow(1)
    new = ["--key", str(SECOND.verifier)]

    inclusion = main(["verify", "inclusion", str(receipt), "--log", str(log.folder), *new])
    older = main(["verify", "consistency", str(log.folder), str(kept), *new])
    thiefs = main(["verify", "consistency", str(log.folder), f"{beyond.folder}-311.note", *new])

    assert [inclusion, older, thiefs] == [0, 0, 1]


def test_an_older_head_that_a_thief_made_up_is_none_of_this_log(log: MadeLog, capsys):
    withdraw(log)
    made_up = log.folder.parent / "made-up.note"
    made_up.write_text(sign(Checkpoint(ORIGIN, 200, b"\x09" * 32), [SIGNER]))
    words = ["verify", "consistency", str(log.folder), str(made_up)]

    assert main([*words, "--key", str(SECOND.verifier)]) == 1
    assert "begins with other leaves" in capsys.readouterr().out


def test_an_audit_stops_at_the_withdrawal_and_goes_on_with_the_key_that_is_named(
    log: MadeLog, state: Path, capsys
):
    assert audit(log, state, "--key", KEY) == 0
    withdraw(log)

    told = audit(log, state)
    wrong = audit(log, state, "--key", str(THIEF.verifier))
    right = audit(log, state, "--key", str(SECOND.verifier))
    log.grow(5)

    assert [told, wrong, right, audit(log, state)] == [1, 1, 0, 0]
    assert "shown_instead" in capsys.readouterr().err
    assert (state / "keys").read_text() == f"{SIGNER.verifier}\n{SECOND.verifier}\n"
    assert not (state / "forks").exists()


def test_an_audit_that_had_followed_before_the_theft_needs_nobody(log: MadeLog, state: Path):
    show(log, FOLLOWED)
    log.signer = SECOND
    log.grow(10)
    show(log, FOLLOWED)
    assert audit(log, state, "--key", KEY) == 0
    show(log, FOLLOWED.without(SIGNER.verifier, size=310, by=[SECOND]))

    log.grow(10)

    assert audit(log, state) == 0


@pytest.mark.parametrize("named", [[], ["--key", str(SECOND.verifier)]])
def test_an_audit_forgets_no_withdrawal_that_it_saw(log: MadeLog, state: Path, capsys, named):
    assert audit(log, state, "--key", KEY) == 0
    withdraw(log)
    assert audit(log, state, *named) == (0 if named else 1)
    capsys.readouterr()
    thief = MadeLog(log.folder.parent / "thief")
    thief.add(log.leaves[:])
    thief.grow(20)

    found = audit(thief, state)
    (thief.folder / "keys.json").unlink()

    assert [found, audit(thief, state)] == [1, 1]
    assert capsys.readouterr().err.count("withdrawn") >= 2


def test_who_has_no_key_adds_nothing_to_the_list_that_an_audit_keeps(log: MadeLog, state: Path):
    assert audit(log, state) == 0
    mirror = log.copy("mirror")
    forged = FIRST_KEYS.followed_by(THIEF.verifier, old=THIEF)
    show(mirror, forged)
    found = [audit(mirror, state)]
    show(mirror, FIRST_KEYS.without(SIGNER.verifier, size=0, by=[THIEF]))
    found.append(audit(mirror, state))

    assert found == [2, 2]
    assert audit(log, state) == 0


def test_a_withdrawal_from_before_a_kept_head_excuses_no_fork(log: MadeLog, state: Path, capsys):
    assert audit(log, state, "--key", KEY) == 0
    other = rewritten(log, [*map(leaf, range(900, 1300))], "other")
    other.signer = SECOND
    other.grow(10)
    show(other, FOLLOWED.without(SIGNER.verifier, size=100, by=[SIGNER, SECOND]))

    assert audit(other, state, "--key", str(SECOND.verifier)) == 1
    assert "begins with other leaves" in capsys.readouterr().err


def test_a_second_heir_of_a_key_is_cried_out(log: MadeLog, state: Path, capsys):
    show(log, FOLLOWED)
    assert audit(log, state) == 0
    thief = log.copy("thief")
    show(thief, FIRST_KEYS.followed_by(THIEF.verifier, old=SIGNER))

    assert audit(thief, state) == 1
    assert "says otherwise than before" in capsys.readouterr().err
    (evidence,) = (state / "forks").iterdir()
    assert {file.name for file in evidence.iterdir()} == {"kept.json", "shown.json"}
    assert audit(log, state) == 0


def test_a_key_has_one_heir_whatever_it_signs_later():
    both = FOLLOWED.followed_by(THIEF.verifier, old=SIGNER)

    assert both.chain() == (SIGNER.verifier, SECOND.verifier)
    assert both.believed([SIGNER.verifier]).keys == (SIGNER.verifier, SECOND.verifier)


def test_a_thief_of_an_older_key_withdraws_no_newer_one():
    forged = FOLLOWED.without(SECOND.verifier, size=0, by=[SIGNER])

    assert forged.withdrawn() == {}
    assert forged.believed([SECOND.verifier]).keys == (SECOND.verifier,)


def test_the_earliest_withdrawal_counts_and_its_own_signature_is_enough():
    twice = FOLLOWED.without(SIGNER.verifier, size=9, by=[SECOND])
    twice = twice.without(SIGNER.verifier, size=5, by=[SIGNER])

    assert twice.withdrawn() == {SIGNER.verifier: 5}


def test_a_key_that_a_withdrawn_one_appoints_is_believed_by_who_named_it_alone():
    keys = FOLLOWED.followed_by(THIRD.verifier, old=SECOND)
    keys = keys.without(SECOND.verifier, size=9, by=[THIRD])

    assert keys.believed([SIGNER.verifier]).keys == (SIGNER.verifier,)
    assert keys.believed([SIGNER.verifier]).heir == THIRD.verifier
    assert keys.believed([THIRD.verifier]).keys == (THIRD.verifier,)
    assert keys.believed([THIRD.verifier]).former == {SECOND.verifier: 9}


@pytest.mark.parametrize(
    "text",
    [
        f"{WITHDRAWAL}\n{SIGNER.verifier}\n-1\n",
        f"{WITHDRAWAL}\n{SIGNER.verifier}\n1\nmore\n",
        f"{WITHDRAWAL}\nno key\n1\n",
        "another note\n",
    ],
)
def test_a_withdrawal_that_is_none_is_refused_in_words(log: MadeLog, text: str, capsys):
    show(log, LogKeys(SIGNER.verifier, (), (sign_text(text, [SIGNER]),)))

    assert verify(log, SIGNER) == 2
    assert "Traceback" not in capsys.readouterr().err


@pytest.mark.parametrize("withdrawals", [None, 5, {}, "x", [[]]])
def test_a_list_of_withdrawals_that_is_none_is_refused(log: MadeLog, withdrawals, capsys):
    value = json.loads(FIRST_KEYS.as_json()) | {"withdrawals": withdrawals}
    (log.folder / "keys.json").write_text(json.dumps(value, indent=1) + "\n")

    assert verify(log, SIGNER) == 2
    assert "Traceback" not in capsys.readouterr().err
