"""`evenhand models card`: prints the card of the model: data, figures, and what it must not do."""

import argparse
import sys
from pathlib import Path

from evenhand.signals.text_model import SHIPPED


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the words after `evenhand models card`."""
    parser.add_argument(
        "--weights",
        type=Path,
        default=Path(__file__).parent / "models" / SHIPPED,
        help="weights of another model; its card lies beside them",
    )


def run(options: argparse.Namespace) -> int:
    """Prints the card that lies beside the weights."""
    card: Path = options.weights.with_suffix(".md")
    sys.stdout.write(card.read_text(encoding="utf-8"))
    return 0
