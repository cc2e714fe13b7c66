import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evenhand.base.errors import Misconfigured
from evenhand.signals import domains
from evenhand.signals.domains import (
    Entry,
    entry_of,
    host_table,
    read_domain_list,
    read_host_table,
    shared_hosts,
)


@pytest.mark.parametrize(
    ("line", "entry"),
    [
        ("Evil.Example", Entry("evil.example", "")),
        ("https://evil.example/", Entry("evil.example", "")),
        ("http://evil.example:8080/a/b/", Entry("evil.example", "/a/b")),
        ("*.evil.example", Entry("evil.example", "")),
        ("||evil.example^", Entry("evil.example", "")),
        ("t.me/bad", Entry("t.me", "/bad")),
        ("https://matrix.to/#/!A:x.example", Entry("matrix.to", "/#/!a:x.example")),
        ("нехороший.example", Entry("нехороший.example", "")),
        ("com", None),
        ("two words.com", None),
        ("", None),
        ("-bad.com", None),
    ],
)
def test_a_line_names_a_host_and_a_path(line, entry):
    assert entry_of(line) == entry


def test_a_list_that_names_a_shared_host_does_not_block_it(tmp_path):
    path = tmp_path / "mine.txt"
    path.write_text(
        "t.me\ngithub.io\nco.uk\nt.me/bad\nevil.example # note\n! comment\nt.me/#/a#b\n"
    )

    found = read_domain_list(path)

    assert found.entries == (
        Entry("t.me", "/bad"),
        Entry("evil.example", ""),
        Entry("t.me", "/#/a"),
    )
    assert found.passed_over == 3


def test_hosts_files_are_read(tmp_path):
    path = tmp_path / "hosts.txt"
    path.write_text("# a comment\n0.0.0.0 evil.example\n127.0.0.1\tworse.example\n::1 localhost\n")

    found = read_domain_list(path)

    assert [entry.host for entry in found.entries] == ["evil.example", "worse.example"]
    assert found.passed_over == 1


@pytest.mark.parametrize("key", ["domains", "deny", None])
def test_json_lists_are_read(tmp_path, key):
    path = tmp_path / "list.json"
    hosts = ["evil.example", "pages.test"]
    stored = hosts if key is None else {key: hosts, "allow": ["pages.test"]}
    path.write_text(json.dumps(stored))

    found = [entry.host for entry in read_domain_list(path).entries]

    assert found == (hosts if key is None else ["evil.example"])


@pytest.mark.parametrize("content", ["{", '{"other": []}', "3"])
def test_json_that_is_no_list_is_refused(tmp_path, content):
    path = tmp_path / "list.json"
    path.write_text(content)

    with pytest.raises(Misconfigured):
        read_domain_list(path)


def test_hosts_of_messengers_and_page_services_are_shared():
    assert {"t.me", "github.io", "vk.com", "blogspot.com"} <= shared_hosts()


def tables_equal(one, other):
    return (
        (one.keys == other.keys).all()
        and (one.checks == other.checks).all()
        and (one.kinds == other.kinds).all()
        and (one.lists == other.lists).all()
        and (one.names, one.paths) == (other.names, other.paths)
    )


def test_a_table_from_the_cache_is_the_table_itself(tmp_path, monkeypatch):
    first, second = tmp_path / "a.txt", tmp_path / "b.json"
    first.write_text("evil.example\nt.me/bad\nt.me/worse\nнехороший.example\n")
    second.write_text(json.dumps(["other.example", "t.me/bad"]))
    made = host_table([read_domain_list(first), read_domain_list(second)])
    assert tables_equal(read_host_table([first, second], folder=tmp_path / "cache"), made)

    monkeypatch.setattr(domains, "host_table", lambda lists: pytest.fail("made again"))

    assert tables_equal(read_host_table([first, second], folder=tmp_path / "cache"), made)


def test_a_changed_list_makes_another_table_and_a_damaged_cache_none(tmp_path):
    path, cache = tmp_path / "a.txt", tmp_path / "cache"
    path.write_text("evil.example\n")
    before = read_host_table([path], folder=cache)

    path.write_text("evil.example\nmore.example\n")
    after = read_host_table([path], folder=cache)
    for file in cache.iterdir():
        file.write_bytes(b"damaged")

    assert (after.keys > 0).sum() == (before.keys > 0).sum() + 1
    assert tables_equal(read_host_table([path], folder=cache), after)


HOSTS = st.from_regex(r"[a-z0-9._-]{1,12}(?:\.[a-z0-9_-]{1,12}){0,4}", fullmatch=True)


@given(HOSTS | st.text(st.sampled_from("ab0-._/: #!*^éЯ\u200b"), max_size=12))
def test_a_plain_host_is_read_as_any_other_line(line):
    quick = entry_of(line), list(domains._lines(line))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(domains, "_PLAIN_HOST", re.compile(r"(?!)"))
        assert (entry_of(line), list(domains._lines(line))) == quick


def test_how_many_lines_of_a_list_were_passed_over_is_known_from_the_cache_too(tmp_path):
    path = tmp_path / "mine.txt"
    path.write_text("evil.example\nnot a host!!\nt.me\n")

    made, kept = (read_host_table([path], folder=tmp_path / "cache") for _ in range(2))

    assert made.passed_over == kept.passed_over == {"mine": 2}
