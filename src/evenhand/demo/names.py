"""Invented people and addresses for the demo; the networks are those reserved for benchmarks."""

from itertools import product

GIVEN = (
    "aigerim", "bela", "chiara", "dauren", "elif", "farid", "greta", "hugo", "ines", "jonas",
    "kamila", "lukas", "marta", "nurlan", "olga", "pavel", "quentin", "rosa", "samir", "tomiris",
)  # fmt: skip
TRADES = (
    "baker", "cyclist", "gardener", "reader", "singer", "walker", "painter", "teacher", "sailor",
    "climber", "potter", "weaver", "brewer", "runner", "farmer", "dancer", "poet", "joiner",
    "mason", "tailor",
)  # fmt: skip


def person_names() -> list[str]:
    """Gives 400 different names, neighbours unlike each other."""
    count = len(GIVEN)
    return [
        f"{GIVEN[i]}.{TRADES[(i + shift) % count]}"
        for shift, i in product(range(count), range(count))
    ]


def address(number: int) -> str:
    """Gives an address of 198.18.0.0/15 (RFC 2544), each number in a /24 of its own."""
    return f"198.{18 + number // 256 % 2}.{number % 256}.{7 + number // 512}"
