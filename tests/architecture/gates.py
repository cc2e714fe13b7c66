"""Runs every gate, shows how many files each one read, and plants one fault that each must catch.

A gate that reads fewer files than there are, or lets its planted fault through, fails as surely
as one that finds something.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import grimp

ROOT = Path(__file__).resolve().parents[2]
BIN = Path(sys.executable).parent


@dataclass(frozen=True)
class Finding:
    """What one gate said: files read, files there are, whether its planted fault was caught."""

    gate: str
    read: int
    expected: int
    planted_caught: bool
    passed: bool
    output: str
    seconds: float

    @property
    def holds(self) -> bool:
        """Tells whether the gate passed and proved that it looked."""
        return self.passed and self.planted_caught and self.read == self.expected > 0


def run(*command: str, cwd: Path = ROOT, stdin: str | None = None) -> tuple[int, str]:
    """Gives exit code and output of a tool of the environment."""
    environment = {**os.environ, "NO_COLOR": "1", "DJANGO_SETTINGS_MODULE": "evenhand.settings"}
    done = subprocess.run(
        [str(BIN / command[0]), *command[1:]],
        cwd=cwd,
        env=environment,
        input=stdin,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


def python_files(*folders: str) -> list[str]:
    """Gives the Python files that git knows or would add, below `folders`."""
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard", "--", *folders],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split("\n")
    return [name for name in listed if name.endswith(".py") and (ROOT / name).exists()]


def gate_format() -> tuple[int, int, bool, bool, str]:
    """Ruff's formatter over every file; the planted fault is a badly spaced line."""
    files = python_files()
    code, output = run("ruff", "format", "--check", *files)
    counts = [int(n) for n in re.findall(r"(\d+) files? (?:already formatted|would be)", output)]
    planted, _ = run(
        "ruff", "format", "--check", "--stdin-filename", "x.py", "-", stdin="a  =  1\n"
    )
    return sum(counts), len(files), planted != 0, code == 0, output


def gate_lint() -> tuple[int, int, bool, bool, str]:
    """Ruff's rules over every file; the planted fault is an import inside the wrong room's ban."""
    files = python_files()
    code, output = run("ruff", "check", "--output-format", "concise", *files)
    _, shown = run("ruff", "check", "--show-files", *files)
    planted, _ = run(
        "ruff", "check", "--stdin-filename", "src/evenhand/x.py", "-", stdin="import os\n"
    )
    return shown.count(".py\n"), len(files), planted != 0, code == 0, output


def gate_types() -> tuple[int, int, bool, bool, str]:
    """Mypy, strict, over the sources; the planted fault is a wrong return type."""
    expected = [
        name for name in python_files("src", "synapse_module/src") if "/migrations/" not in name
    ]
    code, output = run("mypy")
    match = re.search(r"(?:in|checked) (\d+) source files?", output)
    with tempfile.TemporaryDirectory() as folder:
        fault = Path(folder) / "fault.py"
        fault.write_text("def f() -> int:\n    return 'one'\n")
        planted, _ = run(
            "mypy",
            "--config-file",
            os.devnull,
            "--cache-dir",
            f"{folder}/c",
            "--strict",
            str(fault),
        )
    return int(match[1]) if match else 0, len(expected), planted == 1, code == 0, output


def gate_layers() -> tuple[int, int, bool, bool, str]:
    """Import-linter's contracts; the planted fault is Django inside a screening room."""
    expected = python_files("src/evenhand")
    code, output = run("lint-imports")
    graph = grimp.build_graph("evenhand", include_external_packages=True)
    packages = {name for name in graph.modules if name.split(".")[0] == "evenhand"}
    # The linter counts what we import from elsewhere too.
    counted = re.search(r"Analyzed (\d+) files", output)
    read = int(counted[1]) - len(graph.modules - packages) if counted else 0
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder)
        shutil.copy(ROOT / "pyproject.toml", copy)
        shutil.copytree(ROOT / "src", copy / "src", ignore=shutil.ignore_patterns("__pycache__"))
        fault = copy / "src/evenhand/events/schema.py"
        fault.write_text(fault.read_text() + "\n\ndef planted() -> None:\n    import django\n")
        environment = {**os.environ, "PYTHONPATH": str(copy / "src")}
        planted = subprocess.run(
            [str(BIN / "lint-imports"), "--no-cache"],
            cwd=copy,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        caught = planted.returncode != 0 and "evenhand.events.schema -> django" in planted.stdout
    return read, len(expected), caught, code == 0, output


def gate_architecture() -> tuple[int, int, bool, bool, str]:
    """The tests of the house itself; each holds its own planted fault."""
    expected = len(list((ROOT / "tests/architecture").glob("test_*.py")))
    code, output = run("pytest", "-q", "-p", "no:cacheprovider", "tests/architecture")
    collected = {line.split("::")[0] for line in output.split("\n") if "::" in line}
    _, listing = run(
        "pytest", "-q", "--collect-only", "-p", "no:cacheprovider", "tests/architecture"
    )
    collected = {line.split("::")[0] for line in listing.split("\n") if "::" in line}
    with tempfile.TemporaryDirectory() as folder:
        fault = Path(folder) / "test_fault.py"
        fault.write_text("def test_fault():\n    assert 1 == 2\n")
        planted, _ = run(
            "pytest",
            "-q",
            "-p",
            "no:cacheprovider",
            "-p",
            "no:django",
            "-c",
            os.devnull,
            str(fault),
        )
    return len(collected), expected, planted == 1, code == 0, output


GATES: dict[str, Callable[[], tuple[int, int, bool, bool, str]]] = {
    "types": gate_types,
    "layers": gate_layers,
    "architecture": gate_architecture,
    "format": gate_format,
    "lint": gate_lint,
}


def findings(names: list[str]) -> list[Finding]:
    """Gives what each gate named says, two at a time; each is shown when it is done."""

    def one(name: str) -> Finding:
        begun = time.monotonic()
        read, expected, caught, passed, output = GATES[name]()
        seconds = time.monotonic() - begun
        finding = Finding(name, read, expected, caught, passed, output, seconds)
        show(finding)
        return finding

    with ThreadPoolExecutor(2) as pool:
        return list(pool.map(one, names))


def show(finding: Finding) -> None:
    """Prints a gate's line, after its output if it does not hold; in one write, at once."""
    said = "holds" if finding.holds else "FAILS"
    planted = "caught" if finding.planted_caught else "MISSED"
    line = (
        f"{finding.gate:13} {said}  {finding.read} of {finding.expected} files, "
        f"planted fault {planted}, {finding.seconds:.1f} s\n"
    )
    sys.stdout.write(line if finding.holds else f"{finding.output}\n{line}")
    sys.stdout.flush()


def main() -> int:
    """Runs the gates named, or all of them."""
    names = sys.argv[1:] or list(GATES)
    unknown = set(names) - set(GATES)
    if unknown:
        print(f"script/check: no such gate: {', '.join(sorted(unknown))} ({', '.join(GATES)})")
        return 2
    return 0 if all(finding.holds for finding in findings(names)) else 1


if __name__ == "__main__":
    sys.exit(main())
