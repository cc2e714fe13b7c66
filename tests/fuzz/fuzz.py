"""Fuzzes for as many inputs as asked: `script/fuzz [TARGET …] [--inputs N] [--seed S]`.

With `--atheris`, one target is fed by atheris, which follows which Python code an input reaches;
machine code of kernels it cannot see, so the generators here know what kernels care about.
An input that is wrong or crashes is written to `--keep`, and the run ends with 1.
"""

import argparse
import random
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

if "--atheris" in sys.argv:
    import atheris

    # Kernels cannot be compiled with what atheris puts in, so the parser of SQL is followed.
    with atheris.instrument_imports(include=["sqlglot"]):
        import sqlglot  # noqa: F401

from fuzz_targets import TARGETS, corpus

SHOWN_SECONDS = 30


def fuzz(name: str, *, inputs: int, seed: int, keep: Path) -> int:
    """Runs one target on its corpus and on generated inputs; gives how many there were."""
    target, done, number = TARGETS[name], 0, 0
    began = shown = time.monotonic()
    for data in corpus(name):
        done += _checked(name, data, keep)
    while done < inputs:
        done += _checked(name, target.make(random.Random(f"{seed} {number}")), keep)
        number += 1
        if time.monotonic() - shown > SHOWN_SECONDS:
            shown = time.monotonic()
            print(f"{name}: {done} inputs", flush=True)
    seconds = time.monotonic() - began
    print(f"{name}: {done} inputs in {seconds:.0f} s, no crash, no wrong row", flush=True)
    return done


def _checked(name: str, data: bytes, keep: Path) -> int:
    try:
        return TARGETS[name].check(data)
    except Exception:
        keep.mkdir(parents=True, exist_ok=True)
        path = keep / f"{name}-{abs(hash(data)):x}"
        path.write_bytes(data)
        print(f"{name}: the input is kept as {path}", flush=True)
        raise


def _by_atheris(name: str, rest: list[str]) -> None:
    folder = Path(__file__).parent / "corpus" / name
    seeds = [str(folder)] if folder.is_dir() else []
    atheris.Setup([sys.argv[0], *rest, *seeds], lambda data: _checked(name, data, Path("crashes")))
    atheris.Fuzz()


def main() -> int:
    """Parses the command line and runs."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("targets", nargs="*", metavar="TARGET", help=", ".join(TARGETS))
    parser.add_argument("--inputs", type=int, default=10_000, help="inputs of each target")
    parser.add_argument("--seed", type=int, default=1, help="another seed makes other inputs")
    parser.add_argument("--keep", type=Path, default=Path("crashes"), help="folder for faults")
    parser.add_argument("--atheris", action="store_true", help="let atheris make the inputs")
    options, rest = parser.parse_known_args()
    if unknown := set(options.targets) - set(TARGETS):
        parser.error(f"no such target: {', '.join(sorted(unknown))}")
    if options.atheris:
        if len(options.targets) != 1:
            parser.error("--atheris takes one target")
        _by_atheris(options.targets[0], rest)
        return 0
    if rest:
        parser.error(f"unknown: {' '.join(rest)}")
    total = sum(
        fuzz(name, inputs=options.inputs, seed=options.seed, keep=options.keep)
        for name in options.targets or TARGETS
    )
    print(f"{total} inputs, seed {options.seed}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
