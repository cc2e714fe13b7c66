"""What is preserved opens for one holder of each group together, and for nobody alone."""

from itertools import permutations
from pathlib import Path

import pyrage
import pytest

from evenhand.base.errors import InputRefused, Misconfigured
from evenhand.evidence.command import run
from evenhand.evidence.vault import Holders, holders, name_holders, put_away, take_out

A, B, C, D, STRANGER = (pyrage.x25519.Identity.generate() for _ in range(5))
GROUPS = Holders((str(A.to_public()), str(B.to_public())), (str(C.to_public()), str(D.to_public())))
CONTENT = b"what was preserved"


@pytest.fixture(scope="module")
def sealed() -> bytes:
    """Content in the vault."""
    return put_away(CONTENT, to=GROUPS)


@pytest.mark.parametrize("pair", [(A, C), (C, A), (B, D), (A, D), (C, B)])
def test_one_holder_of_each_group_opens(sealed: bytes, pair: tuple[object, object]):
    assert take_out(sealed, identities=[str(one) for one in pair]) == CONTENT


@pytest.mark.parametrize("pair", [(A, B), (C, D), (A, STRANGER), (STRANGER, D)])
def test_two_of_one_group_or_a_stranger_do_not(sealed: bytes, pair: tuple[object, object]):
    for order in permutations(pair):
        with pytest.raises(InputRefused):
            take_out(sealed, identities=[str(one) for one in order])


@pytest.mark.parametrize("one", [A, B, C, D])
def test_nobody_opens_alone(sealed: bytes, one: object):
    with pytest.raises(InputRefused):
        take_out(sealed, identities=[str(one)])
    with pytest.raises(InputRefused):
        take_out(sealed, identities=[str(one), str(one)])


@pytest.mark.parametrize(
    "groups",
    [
        Holders((), GROUPS.second),
        Holders(GROUPS.first, ()),
        Holders(GROUPS.first, GROUPS.first),
        Holders(GROUPS.first, (*GROUPS.second, GROUPS.first[0])),
        Holders(("age1nobody",), GROUPS.second),
    ],
)
def test_groups_that_one_person_could_open_are_refused(tmp_path: Path, groups: Holders):
    with pytest.raises(InputRefused):
        name_holders(tmp_path, groups)


def test_holders_are_read_as_they_were_named(tmp_path: Path):
    with pytest.raises(Misconfigured):
        holders(tmp_path)

    name_holders(tmp_path, GROUPS)

    assert holders(tmp_path) == GROUPS


class Options:
    """What the command line says."""

    def __init__(self, **values: object) -> None:
        self.__dict__.update(values)


def test_the_command_opens_a_file_with_two_identities(tmp_path: Path, sealed: bytes):
    (tmp_path / "item").write_bytes(sealed)
    (tmp_path / "a").write_text(f"# created: today\n# public key: x\n{A}\n")
    (tmp_path / "c").write_text(f"{C}\n")
    paths = [tmp_path / "a", tmp_path / "c"]

    out = tmp_path / "out"
    run(Options(verb="open", file=tmp_path / "item", identity=paths, out=out))

    assert out.read_bytes() == CONTENT
    assert out.stat().st_mode & 0o077 == 0
    with pytest.raises(InputRefused):  # what is there is not written over
        run(Options(verb="open", file=tmp_path / "item", identity=paths, out=out))
