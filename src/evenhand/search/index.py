"""The index: what is public at the messenger, in one folder of tantivy.

It knows nothing of decisions: what they hide is asked of every hit (`sight.py`). One process
writes; others may read. What `commit` returned from survives a kill.
"""

import json
from collections.abc import Collection, Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Self
from uuid import uuid4

import tantivy

from evenhand.base.errors import Misconfigured, Unavailable
from evenhand.search import analysis
from evenhand.search.items import Item, RoomFacts
from evenhand.search.limits import WRITER_BYTES
from evenhand.search.lists import ItemKind

VERSION = 1
"""Of schema and analysis; another version is another folder, filled by a new crawl."""

NAMES = ("id", "kind", "room", "account", "language")
"""Fields that hold one name as it is."""

TERMS = ("title", "title_grams", "words", "grams")
"""Fields that hold terms: of names and addresses, and of text."""

WALK_ITEMS = 1_000
"""Items read at once when all are walked through."""


class IndexUnusable(Misconfigured):
    """The folder of the index cannot be read."""

    remedy = "Move the folder away and start again: the index is filled anew from the messenger."


class IndexMissing(Misconfigured):
    """Nothing was put into an index here yet."""

    remedy = "Start the searcher: `evenhand serve` with EVENHAND_SEARCH_TOKEN_FILE set fills it."


class IndexInUse(Unavailable):
    """Another process writes this index."""

    remedy = "Stop the other searcher, or read only."


@dataclass(frozen=True, slots=True)
class Wanted:
    """What hits must be, as the index can tell.

    kinds            of any kind if empty
    without          rooms, accounts and ids that are not looked for any more
    """

    kinds: frozenset[ItemKind] = frozenset()
    language: str = ""
    members_min: int = 0
    members_max: int | None = None
    room: str = ""
    without_rooms: Collection[str] = ()
    without_accounts: Collection[str] = ()


class Index:
    """Items by their terms."""

    def __init__(
        self, index: tantivy.Index, schema: tantivy.Schema, identity: str, *, read_only: bool
    ) -> None:
        self._index, self._schema = index, schema
        self.identity = identity
        self._writer = None if read_only else self._open_writer()
        self.refresh()

    @classmethod
    def open(cls, folder: Path, *, read_only: bool = False) -> Self:
        """Opens the index in a folder, or makes it there.

        Raises `IndexUnusable` where it cannot be read, `IndexInUse` where somebody else writes it,
        `IndexMissing` where there is none to be read.
        """
        schema = _schema()
        path = folder / f"v{VERSION}"
        if read_only and not path.is_dir():
            raise IndexMissing(folder=str(path))
        if not read_only:
            path.mkdir(parents=True, exist_ok=True, mode=0o700)
        try:
            if read_only and not tantivy.Index.exists(str(path)):
                raise IndexMissing(folder=str(path))
            index = tantivy.Index(schema, path=str(path), reuse=True)
        except (ValueError, OSError) as error:
            raise IndexUnusable(folder=str(path), why=str(error)) from error
        whitespace = tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.whitespace()).build()
        index.register_tokenizer("terms", whitespace)
        return cls(index, schema, _identity(path, make=not read_only), read_only=read_only)

    def _open_writer(self) -> tantivy.IndexWriter:
        try:
            return self._index.writer(heap_size=WRITER_BYTES, num_threads=1)
        except ValueError as error:
            if "lock" in str(error).lower():
                raise IndexInUse(why=str(error)) from error
            raise IndexUnusable(why=str(error)) from error

    # Writing

    def put(self, items: Sequence[Item]) -> None:
        """Takes items, each in place of what had its id; seen after `commit`."""
        writer = self._writing()
        for item in items:
            writer.delete_documents_by_term("id", item.id)
            writer.add_document(_document(item))

    def remove(
        self,
        *,
        ids: Collection[str] = (),
        rooms: Collection[str] = (),
        accounts: Collection[str] = (),
    ) -> None:
        """Takes items out: by id, rooms with all in them, accounts with all they wrote."""
        writer = self._writing()
        for field, names in (("id", ids), ("room", rooms), ("account", accounts)):
            for name in names:
                writer.delete_documents_by_term(field, name)

    def commit(self) -> None:
        """Makes what was put and removed durable, and lets it be seen."""
        self._writing().commit()
        self.refresh()

    def refresh(self) -> None:
        """Lets a reader see what was committed; raises `IndexUnusable` where it is damaged."""
        try:
            self._index.reload()
        except (ValueError, OSError) as error:
            raise IndexUnusable(why=str(error)) from error

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    def close(self) -> None:
        """Ends writing; what was not committed is not kept."""
        if self._writer is not None:
            self._writer.rollback()
            self._writer.wait_merging_threads()
            self._writer = None

    def _writing(self) -> tantivy.IndexWriter:
        assert self._writer is not None, "opened to write"
        return self._writer

    # Reading

    def reader(self) -> "Reader":
        """Gives the index as it is now; it stays so while others write."""
        return Reader(self._index.searcher(), self._schema)

    def get(self, name: str) -> Item | None:
        """Gives the item with an id."""
        return self.reader().get(name)

    def items(self, *, after: str = "") -> Iterator[Item]:
        """Gives every item by its id, as the index was when this began; those after an id."""
        return self.reader().items(after=after)

    def __len__(self) -> int:
        return int(self._index.searcher().num_docs)


class Reader:
    """The index at one moment."""

    def __init__(self, searcher: tantivy.Searcher, schema: tantivy.Schema) -> None:
        self._searcher, self._schema = searcher, schema

    def __len__(self) -> int:
        return int(self._searcher.num_docs)

    def frequency(self, field: str, term: str) -> int:
        """Gives how many items hold a term in a field."""
        return int(self._searcher.doc_freq(field, term))

    def term(self, field: str, term: str, boost: float = 1.0) -> tantivy.Query:
        """Gives the query for one term; its BM25 score times `boost`."""
        query = tantivy.Query.term_query(self._schema, field, term, index_option="freq")
        return query if boost == 1.0 else tantivy.Query.boost_query(query, boost)

    def similar(self, field: str, term: str, *, boost: float) -> tantivy.Query:
        """Gives the query for terms one edit away; a swap of neighbours is one."""
        query = tantivy.Query.fuzzy_term_query(self._schema, field, term, distance=1)
        return tantivy.Query.boost_query(query, boost)

    def beginning(self, field: str, prefix: str, *, limit: int) -> list[tuple[str, int]]:
        """Gives terms that begin so, the most frequent first, with their frequencies."""
        found = self._searcher.terms_with_prefix(field, prefix, limit=limit)
        return [(str(term), int(count)) for term, count in found]

    def find(
        self, queries: Sequence[tantivy.Query], wanted: Wanted, *, limit: int
    ) -> list[tuple[Item, float]]:
        """Gives the items that best match any of the queries, with their scores."""
        if not queries:
            return []
        query = tantivy.Query.boolean_query([(tantivy.Occur.Should, one) for one in queries])
        return self._found(query, wanted, limit=limit)

    def _found(
        self, query: tantivy.Query, wanted: Wanted, *, limit: int
    ) -> list[tuple[Item, float]]:
        for bound in self._bounds(wanted):
            query = query.and_must_match(tantivy.Query.const_score_query(bound, 0.0))
        for refused in self._refused(wanted):
            query = query.and_must_not_match(refused)
        found = self._searcher.search(query, limit=limit, count=False)
        return [(self._item(address), float(score)) for score, address in found.hits]

    def named(
        self, words: Sequence[str], wanted: Wanted, *, limit: int
    ) -> list[tuple[Item, float]]:
        """Gives the items with all these words in their names or addresses, with scores of that."""
        query = tantivy.Query.boolean_query(
            [(tantivy.Occur.Must, self.term("title", word)) for word in words]
        )
        return self._found(query, wanted, limit=limit) if words else []

    def get(self, name: str) -> Item | None:
        """Gives the item with an id."""
        found = self._searcher.search(self.term("id", name), limit=1, count=False).hits
        return self._item(found[0][1]) if found else None

    def of_kind(self, kind: ItemKind, *, limit: int, offset: int = 0) -> list[Item]:
        """Gives items of a kind in the order of the index."""
        return self._page(self.term("kind", kind.value), limit=limit, offset=offset)

    def items(self, *, after: str = "") -> Iterator[Item]:
        """Gives every item by its id; those after an id."""
        terms = self._searcher.terms_with_prefix("id", "")
        names = [name for name, _ in terms if name > after]
        names.sort()
        for start in range(0, len(names), WALK_ITEMS):
            some = names[start : start + WALK_ITEMS]
            query = tantivy.Query.term_set_query(self._schema, "id", some)
            found = self._page(query, limit=WALK_ITEMS, offset=0)
            yield from sorted(found, key=lambda item: item.id)

    def _page(self, query: tantivy.Query, *, limit: int, offset: int) -> list[Item]:
        constant = tantivy.Query.const_score_query(query, 1.0)
        found = self._searcher.search(constant, limit=limit, offset=offset, count=False)
        return [self._item(address) for _, address in found.hits]

    def _bounds(self, wanted: Wanted) -> Iterator[tantivy.Query]:
        if wanted.kinds and len(wanted.kinds) < len(ItemKind):
            kinds = [(tantivy.Occur.Should, self.term("kind", one)) for one in sorted(wanted.kinds)]
            yield tantivy.Query.boolean_query(kinds)
        if wanted.language:
            yield self.term("language", wanted.language)
        if wanted.room:
            yield self.term("room", wanted.room)
        if wanted.members_min or wanted.members_max is not None:
            yield tantivy.Query.range_query(
                self._schema,
                "members",
                tantivy.FieldType.Integer,
                wanted.members_min,
                wanted.members_max,
            )

    def _refused(self, wanted: Wanted) -> Iterator[tantivy.Query]:
        for field, names in (
            ("room", wanted.without_rooms),
            ("account", wanted.without_accounts),
        ):
            if names:
                yield tantivy.Query.term_set_query(self._schema, field, sorted(names))

    def _item(self, address: tantivy.DocAddress) -> Item:
        stored = self._searcher.doc(address).get_first("item")
        assert isinstance(stored, bytes), "every document has its item"
        return _item(stored)


def _identity(path: Path, *, make: bool) -> str:
    """Gives what this index is called: what was read into it is not in another."""
    file = path / "identity"
    if make and not file.exists():
        partial = file.with_suffix(".partial")
        partial.write_text(uuid4().hex)
        partial.replace(file)
    return file.read_text() if file.exists() else ""


def _schema() -> tantivy.Schema:
    builder = tantivy.SchemaBuilder()
    for name in NAMES:
        builder.add_text_field(name, tokenizer_name="raw", index_option="basic")
    for name in TERMS:
        builder.add_text_field(name, tokenizer_name="terms", index_option="freq")
    builder.add_integer_field("members", indexed=True, fast=True)
    builder.add_bytes_field("item", stored=True)
    return builder.build()


def _document(item: Item) -> tantivy.Document:
    named = analysis.folded("\n".join(filter(None, (item.title, *map(_local, item.aliases)))))
    text = analysis.folded(item.text)
    document = tantivy.Document()
    for name, value in (
        ("id", item.id),
        ("kind", item.kind.value),
        ("room", item.room),
        ("account", item.account),
        ("language", item.language),
    ):
        document.add_text(name, value)
    document.add_text("title", " ".join(analysis.words(named)))
    document.add_text("title_grams", " ".join(analysis.grams_of(named)))
    document.add_text("words", " ".join(analysis.words(text)))
    document.add_text("grams", " ".join(analysis.grams_of(text)))
    document.add_integer("members", item.members)
    document.add_bytes("item", _stored(item))
    return document


def _local(alias: str) -> str:
    """Gives the part of a Matrix address that people read."""
    return alias.removeprefix("#").partition(":")[0]


def _stored(item: Item) -> bytes:
    values = {name: value for name, value in asdict(item).items() if value}
    values |= {"at": item.at.timestamp(), "facts": asdict(item.facts)}
    if item.facts == RoomFacts():
        del values["facts"]
    return json.dumps(values, ensure_ascii=False, separators=(",", ":")).encode(errors="replace")


def _item(stored: bytes) -> Item:
    values = json.loads(stored)
    return Item(
        **{
            **values,
            "kind": ItemKind(values["kind"]),
            "at": datetime.fromtimestamp(values["at"], tz=UTC),
            "aliases": tuple(values.get("aliases", ())),
            "facts": RoomFacts(**values.get("facts", {})),
        }
    )
