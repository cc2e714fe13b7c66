"""Documents are under test: links lead somewhere, and what is there is described."""

import re
import subprocess
from pathlib import Path

import pytest

from evenhand.cli import COMMANDS

ROOT = Path(__file__).resolve().parents[2]
PAGES = [
    ROOT / name
    for name in subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard", "*.md"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split("\n")
    if name and (ROOT / name).exists()
]
SOURCE = ROOT / "src/evenhand"
NAMED_FILE = re.compile(r"`([a-z_]+(?:/[a-z_]+)+\.py)`")
BY_NAME = {page.name: page for page in PAGES}
LINK = re.compile(r"\[[^\]]*\]\(([^)#\s]+)(?:#[^)]*)?\)|src=\"([^\"]+)\"")
# Roots of folders that exist on one machine only, written so that this file does not hold them.
MACHINE_PATHS = re.compile(
    r"(?<![\w.])/(?:" + "|".join(("wor" + "k", "hom" + "e", "roo" + "t")) + r")/\w"
)


def dead_links(page: Path, text: str) -> list[str]:
    targets = [found[0] or found[1] for found in LINK.findall(text)]
    local = [target for target in targets if "://" not in target and "mailto:" not in target]
    return [target for target in local if not (page.parent / target).exists()]


def requirements(name: str) -> set[str]:
    lines = (ROOT / f"requirements/{name}.in").read_text().split("\n")
    return {
        re.split(r"[><=,\[]", line)[0].strip()
        for line in lines
        if line.strip() and not line.startswith(("#", "-"))
    }


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_on_a_page_leads_somewhere(page: Path):
    assert dead_links(page, page.read_text()) == []


def test_a_dead_link_is_caught():
    assert dead_links(ROOT / "README.md", "[x](no/such/page.md)") == ["no/such/page.md"]


@pytest.mark.parametrize("name", ["README.md", "ARCHITECTURE.md", "CONCEPTS.md", "CONTRIBUTING.md",
                                  "SECURITY.md", "CHANGELOG.md"])  # fmt: skip
def test_the_house_has_its_pages(name: str):
    assert (ROOT / name).read_text().startswith("# ")


def test_every_dependency_has_its_reason():
    reasons = (ROOT / "docs/dependencies.md").read_text()
    wanted = set().union(*(requirements(name) for name in ("product", "demo", "develop")))

    assert len(wanted) > 20
    assert [name for name in sorted(wanted) if f"**{name}" not in reasons] == []


def test_every_locked_requirement_carries_hashes_and_no_address():
    for name in ("product", "demo", "develop"):
        lock = (ROOT / f"requirements/{name}.txt").read_text()
        pins = re.findall(r"^[\w.\[\]-]+==", lock, re.MULTILINE)

        assert len(pins) > 20
        assert lock.count("--hash=sha256:") >= len(pins)
        assert "://" not in lock


def nowhere(text: str) -> list[str]:
    """Gives the files that a text names between back-quotes and that are not in the project."""
    named = set(NAMED_FILE.findall(text))
    return sorted(n for n in named if not any((top / n).is_file() for top in (ROOT, SOURCE)))


def test_files_that_sources_and_pages_name_are_there():
    texts = {path: path.read_text() for path in [*SOURCE.rglob("*.py"), *PAGES]}

    assert sum(len(NAMED_FILE.findall(text)) for text in texts.values()) > 100
    assert {p.name: gone for p, text in texts.items() if (gone := nowhere(text))} == {}


def test_a_named_file_that_is_not_there_is_caught():
    assert nowhere("see `rules/rule.py` and `rules/no_such.py`") == ["rules/no_such.py"]


def test_every_command_is_in_the_readme():
    readme = (ROOT / "README.md").read_text()

    assert [c.words for c in COMMANDS if f"evenhand {' '.join(c.words)}" not in readme] == []


def test_every_script_says_what_it_does():
    scripts = sorted((ROOT / "script").iterdir())

    assert len(scripts) >= 7
    for script in scripts:
        assert re.match(r"#!/bin/sh\n# \w", script.read_text()), script.name
        assert len(script.read_text().split("\n")) <= 60, script.name


def test_no_file_names_a_path_of_one_machine():
    tracked = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    ).stdout.split("\n")  # fmt: skip
    looked, found = 0, []
    for name in tracked:
        path = ROOT / name
        if not name or not path.is_file() or path.suffix in {".png", ".npz", ".parquet", ".mo"}:
            continue
        looked += 1
        if MACHINE_PATHS.search(path.read_text(errors="replace")):
            found.append(name)

    assert looked > 100
    assert found == []
