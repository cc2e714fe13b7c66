"""Reads a page as a screen reader would: what accessibility needs can be asked of it."""

from dataclasses import dataclass, field
from html.parser import HTMLParser

HIDDEN_TYPES = {"hidden", "submit", "button"}


@dataclass
class Page(HTMLParser):
    """What was found on a page."""

    language: str = ""
    title: str = ""
    headings: list[int] = field(default_factory=list)
    landmarks: set[str] = field(default_factory=set)
    labels: set[str] = field(default_factory=set)
    inputs: list[dict[str, str]] = field(default_factory=list)
    ids: list[str] = field(default_factory=list)
    tables: int = 0
    captions: int = 0
    images_without_alt: int = 0
    header_cells_without_scope: int = 0
    described_by: set[str] = field(default_factory=set)
    links: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__()
        self._open: list[str] = []

    @classmethod
    def read(cls, html: str) -> "Page":
        page = cls()
        page.feed(html)
        return page

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        self._open.append(tag)
        if "id" in values:
            self.ids.append(values["id"])
        self.described_by.update(values.get("aria-describedby", "").split())
        self.described_by.update(values.get("aria-labelledby", "").split())
        self._take_structure(tag, values)
        self._take_table(tag, values)

    def _take_structure(self, tag: str, values: dict[str, str]) -> None:
        match tag:
            case "html":
                self.language = values.get("lang", "")
            case "h1" | "h2" | "h3" | "h4":
                self.headings.append(int(tag[1]))
            case "main" | "header" | "footer" | "nav":
                self.landmarks.add(tag)
            case "label":
                self.labels.add(values.get("for", ""))
            case "input" | "select" | "textarea":
                if values.get("type") not in HIDDEN_TYPES:
                    self.inputs.append(values)
            case "a":
                self.links.append(values.get("href", ""))

    def _take_table(self, tag: str, values: dict[str, str]) -> None:
        match tag:
            case "table":
                self.tables += 1
            case "caption":
                self.captions += 1
            case "img":
                self.images_without_alt += "alt" not in values
            case "th":
                hidden = values.get("aria-hidden") == "true"
                self.header_cells_without_scope += "scope" not in values and not hidden

    def handle_data(self, data: str) -> None:
        if self._open and self._open[-1] == "title":
            self.title += data

    def handle_endtag(self, tag: str) -> None:
        while self._open and self._open.pop() != tag:
            pass


def faults(html: str) -> list[str]:
    """What a person who listens to a page, or uses the keyboard alone, would stumble over."""
    page = Page.read(html)
    found = []
    if not page.language:
        found.append("no language")
    if not page.title.strip():
        found.append("no title")
    if page.headings.count(1) != 1:
        found.append(f"{page.headings.count(1)} main headings")
    steps = zip([0, *page.headings], page.headings, strict=False)
    found += [f"heading {two} after {one}" for one, two in steps if two > one + 1]
    found += [f"no landmark {name}" for name in ("main", "nav") if name not in page.landmarks]
    found += [
        f"no label for {values.get('name')}"
        for values in page.inputs
        if values.get("id") not in page.labels and "aria-label" not in values
    ]
    if page.tables != page.captions:
        found.append("a table without caption")
    if page.images_without_alt:
        found.append("a picture without text")
    if page.header_cells_without_scope:
        found.append("a header cell without scope")
    found += [f"id {name} twice" for name in set(page.ids) if page.ids.count(name) > 1]
    found += [f"nothing has the id {name}" for name in page.described_by - set(page.ids)]
    if "#content" not in page.links or "content" not in page.ids:
        found.append("no way to skip to the content")
    return found
