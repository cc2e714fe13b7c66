"""Verifiers that are not ours, installed by the tests themselves below `var/verifiers`.

One is the code with which the Go project checks its own checksum database (`sumdb/tlog` and
`sumdb/note`); it ships inside Go, and Go comes from PyPI as a wheel. The other is `aics-tlog`, for
Python 3.12. Neither is imported into ours: each is a process that is given a folder.
"""

import fcntl
import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
HOUSE = ROOT / "var" / "verifiers"
SOURCES = ROOT / "tests/data/verifiers"
UV = Path(sys.executable).parent / "uv"
GO_MOD = "module {name}\n\ngo 1.25\n"
REPLACED = "\nrequire golang.org/x/mod v0.0.0\n\nreplace golang.org/x/mod => ./mod\n"


def second() -> Path:
    """Gives the verifier made of the Go project's code; builds it the first time."""
    lock, source = ROOT / "requirements/second.txt", SOURCES / "second/main.go"
    made = HOUSE / f"second-{_digest(lock, source)}"
    with _alone():
        if not made.exists():
            _build_second(lock, source, made)
    return made


def aics() -> list[str] | None:
    """Gives how aics-tlog is called; None where there is no Python 3.12."""
    python = _python312()
    if python is None:
        return None
    lock = ROOT / "requirements/aics.txt"
    made = HOUSE / f"aics-{_digest(lock)}"
    with _alone():
        if not (made / "whole").exists():
            shutil.rmtree(made, ignore_errors=True)
            _run(str(UV), "venv", "-q", "-p", python, str(made))
            _run(
                *(str(UV), "pip", "install", "-q", "--python", str(made / "bin/python")),
                *("--require-hashes", "-r", str(lock)),
            )
            (made / "whole").touch()
    return [str(made / "bin/python"), str(SOURCES / "aics/aics.py")]


def said(*words: str | Path) -> tuple[bool, str]:
    """Gives whether a verifier is content, and what it says."""
    done = subprocess.run(
        [str(word) for word in words], capture_output=True, text=True, check=False
    )
    return done.returncode == 0, (done.stdout + done.stderr).strip()


def judged(verifier: Path, proofs: Iterable[dict[str, object]]) -> list[bool]:
    """Gives what the Go project's code holds of each proof."""
    lines = "".join(json.dumps(one) + "\n" for one in proofs)
    done = subprocess.run(
        [verifier, "proofs"], input=lines, capture_output=True, text=True, check=True
    )
    return [line == "true" for line in done.stdout.split()]


def _build_second(lock: Path, source: Path, made: Path) -> None:
    work = HOUSE / "work"
    shutil.rmtree(work, ignore_errors=True)
    _run(
        *(str(UV), "pip", "install", "-q", "--no-deps", "--require-hashes", "-r", str(lock)),
        *("--target", str(work / "wheel")),
    )
    go = work / "wheel/go"
    for tools in (go / "bin", go / "pkg/tool"):
        for file in tools.rglob("*"):
            file.chmod(0o755)
    within = go / "src/cmd/vendor/golang.org/x/mod/sumdb"
    for package in ("tlog", "note"):
        shutil.copytree(within / package, work / "build/mod/sumdb" / package)
    (work / "build/mod/go.mod").write_text(GO_MOD.format(name="golang.org/x/mod"))
    (work / "build/go.mod").write_text(GO_MOD.format(name="second") + REPLACED)
    shutil.copy(source, work / "build/main.go")
    settings = {"GOPROXY": "off", "GOTOOLCHAIN": "local", "GOFLAGS": "-mod=mod", "CGO_ENABLED": "0"}
    places = {"GOROOT": str(go), "GOCACHE": str(work / "cache"), "GOPATH": str(work / "path")}
    _run(
        *(str(go / "bin/go"), "build", "-o", str(work / "second"), "."),
        cwd=work / "build",
        env={**os.environ, **settings, **places},
    )
    (work / "second").replace(made)
    shutil.rmtree(work, ignore_errors=True)


def _python312() -> str | None:
    """Gives the path of a Python 3.12 of this machine."""
    done = subprocess.run(
        [UV, "python", "find", "--no-python-downloads", "3.12"],
        capture_output=True,
        text=True,
        check=False,
        cwd="/",
    )
    if done.returncode == 0:
        return done.stdout.strip()
    versions = sorted(Path.home().glob(".pyenv/versions/3.12.*/bin/python"))
    return str(versions[-1]) if versions else None


def _run(*words: str, cwd: Path | None = None, env: dict[str, str] | None = None) -> None:
    done = subprocess.run(words, cwd=cwd, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{words[:4]}: {done.stderr[-2000:]}"


def _digest(*files: Path) -> str:
    return hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()[:16]


@contextmanager
def _alone() -> Iterator[None]:
    """Lets only one process install."""
    HOUSE.mkdir(parents=True, exist_ok=True)
    with (HOUSE / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
