"""Mutation score of the checks and steps of actions: each changed line that no test notices counts.

mutmut works in a folder of its own, so the repository stays as it is. One PostgreSQL serves every
mutant; each gets a database copied from a template.

    script/mutate [--children N] [--only PATTERN]
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import tomllib
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FILES = ("src/evenhand/actions/checks.py", "src/evenhand/actions/steps.py")
TESTS = (
    "tests/unit/actions/test_checks.py",
    "tests/integration/test_decisions.py",
    "tests/integration/test_settlement.py",
    "tests/integration/test_undo.py",
)
BESIDE = ("tests/conftest.py", "tests/drafts_of_tests.py", "tests/integration/actions_of_tests.py")
"""What the tests are made with."""
SCORE_MIN = 0.85

MUTMUT = """
[tool.mutmut]
source_paths = ["src"]
only_mutate = [{files}]
pytest_add_cli_args_test_selection = [{tests}]
pytest_add_cli_args = ["-p", "no:cacheprovider"]
also_copy = ["tests", "pyproject.toml"]
"""

SERVE = """
import sys
from pathlib import Path
from evenhand.database.server import Server
sys.exit(Server(Path(sys.argv[1]), more_configuration="fsync = off").run())
"""

PREPARE = """
import sys
from pathlib import Path
import evenhand.start
from evenhand.database.addresses import OWNER, role_url
from evenhand.database.prepare import prepare_embedded
home = Path(sys.argv[1])
prepare_embedded(home, owner_url=role_url(home, OWNER))
"""

KILLED = frozenset({1, 3, -24, 24, 36, 152, 255})
"""Exit codes of a mutant that was noticed: a test failed, or it never ended."""

SURVIVED, UNTESTED = 0, 33


def main() -> int:
    """Prints the score of each file, and gives 0 if each is high enough."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else "")
    parser.add_argument("--children", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--only", default="", help="names of mutants, as mutmut prints them")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="evenhand-mutants-") as folder:
        project = _project(Path(folder))
        with _postgres(Path(folder) / "home") as home:
            only = [options.only] if options.only else []
            subprocess.run(
                ["mutmut", "run", "--max-children", str(options.children), *only],
                cwd=project,
                env={**os.environ, "EVENHAND_TEST_POSTGRES": str(home), "PATH": _path()},
                check=False,
            )
        return _report(project)


def _project(folder: Path) -> Path:
    """Copies what mutmut needs into a folder of its own."""
    project = folder / "project"
    ignored = shutil.ignore_patterns("__pycache__", "*.pyc")
    shutil.copytree(ROOT / "src", project / "src", ignore=ignored)
    for name in (*BESIDE, *TESTS):
        (project / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / name, project / name)
    settings = (ROOT / "pyproject.toml").read_text()
    assert "mutmut" not in tomllib.loads(settings)["tool"]
    quoted = {"files": _quoted(FILES), "tests": _quoted(TESTS)}
    (project / "pyproject.toml").write_text(settings + MUTMUT.format(**quoted))
    return project


def _quoted(names: tuple[str, ...]) -> str:
    return ", ".join(f'"{name}"' for name in names)


def _path() -> str:
    return os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])


@contextmanager
def _postgres(home: Path) -> Iterator[Path]:
    """Gives the folder of a server that is up and whose template database is prepared."""
    from evenhand.base.sealing import make_keys
    from evenhand.database.server import Server

    make_keys(home / "keys")
    with (home / "postgres.log").open("ab") as log:
        server = subprocess.Popen([sys.executable, "-c", SERVE, str(home)], stdout=log, stderr=log)
    try:
        Server(home).wait()
        subprocess.run(
            [sys.executable, "-c", PREPARE, str(home)],
            env={**os.environ, "EVENHAND_HOME": str(home)},
            check=True,
        )
        yield home
    finally:
        server.terminate()
        server.wait(30)


def _report(project: Path) -> int:
    enough = True
    for name in FILES:
        meta = json.loads((project / "mutants" / f"{name}.meta").read_text())
        codes = Counter(meta["exit_code_by_key"].values())
        killed = sum(codes[code] for code in codes if code in KILLED)
        total = sum(codes.values()) - codes[None]
        score = killed / total if total else 0.0
        enough &= score >= SCORE_MIN
        print(f"{name}: {killed} of {total} mutants noticed, score {score:.1%}")
        for mutant, code in meta["exit_code_by_key"].items():
            if code in (SURVIVED, UNTESTED):
                print(f"  unnoticed: {mutant}")
    return 0 if enough else 1


if __name__ == "__main__":
    sys.exit(main())
