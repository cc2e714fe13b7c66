"""A reviewer reads what is proved, what could not be checked, and what speaks against it."""

import pytest
from django.utils.translation import override

from evenhand.desk.proof_words import PROOF_FINDINGS, PROOFS, proof_words
from evenhand.evidence.megolm import ProofFinding
from evenhand.reports.lists import ProofLevel


def test_each_level_and_finding_has_its_words():
    assert set(PROOFS) == set(ProofLevel) - {ProofLevel.NONE}
    assert set(PROOF_FINDINGS) == set(ProofFinding)
    assert len(set(PROOF_FINDINGS.values())) == len(PROOF_FINDINGS)


def test_a_report_without_a_disclosure_says_nothing():
    assert proof_words("none", ()) is None


def test_what_is_proved_names_what_it_rests_on():
    said = proof_words("proved", ())

    assert said is not None
    assert "honest homeserver" in said.level
    assert said.missing == said.against == ()


def test_what_is_missing_stands_apart_from_what_speaks_against_it():
    said = proof_words("claimed", ["keys_missing", "key_does_not_open"])

    assert said is not None
    assert [len(said.missing), len(said.against)] == [1, 1]
    assert "could not be had" in said.missing[0]
    assert "does not open" in said.against[0]


@pytest.mark.parametrize("language", ["de", "fr", "ru", "kk"])
def test_it_is_said_in_the_readers_language(language: str):
    with override(language):
        said = proof_words("claimed", [one.value for one in ProofFinding])

    assert said is not None
    assert not {said.level, *said.missing, *said.against} & {
        *PROOF_FINDINGS.values(),
        *PROOFS.values(),
    }
