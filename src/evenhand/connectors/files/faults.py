"""What can be wrong with an item of a file, in the order in which readers notice it."""

from enum import IntEnum


class Fault(IntEnum):
    """A reason to refuse an item; compiled readers hand them on as plain numbers."""

    NONE = 0
    MORE = 1
    CONTROL = 2
    ESCAPE = 3
    NUMBER = 4
    WORD = 5
    SYNTAX = 6
    NESTING = 7
    TOO_LARGE = 8
    ODD = 9
    NOT_UTF8 = 10
    WRONG_TYPE = 11
    TIME = 12
    TOO_LONG = 13
    NOT_LISTED = 14
    MISSING = 15
    QUOTE = 16
    FIELDS = 17
    NUL = 18
    TRUNCATED = 19
    VALUE = 20
    NOTHING_KNOWN = 21
    DAMAGED = 22
    TWICE = 23
    TWO_TEXTS = 24


EXPLANATIONS: dict[Fault, tuple[str, str]] = {
    Fault.CONTROL: (
        "a string holds a raw control character or line break",
        "escape it (\\n, \\u0000), or export the file again",
    ),
    Fault.ESCAPE: ("a backslash begins no escape that JSON knows", "export the file again"),
    Fault.NUMBER: ("a number is not written as JSON asks", "write plain decimal numbers"),
    Fault.WORD: (
        "a bare word is neither true, false nor null",
        "put texts between double quotes; NaN and Infinity are not JSON",
    ),
    Fault.SYNTAX: ("it is not JSON at this byte", "repair the item or export the file again"),
    Fault.NESTING: ("objects are nested too deeply", "flatten the item"),
    Fault.TOO_LARGE: ("the item is larger than any message", "split it or leave it out"),
    Fault.ODD: ("an object was expected here", "write one JSON object per item"),
    Fault.NOT_UTF8: ("a text is not UTF-8", "convert the file to UTF-8 (iconv -t UTF-8)"),
    Fault.WRONG_TYPE: (
        "a value has the wrong type",
        "give it the type that docs/screen.md lists for the column",
    ),
    Fault.TIME: (
        "a time cannot be read",
        "write it as 2024-01-15T10:30:00Z or in Unix seconds",
    ),
    Fault.TOO_LONG: ("a value is longer than an event may hold", "shorten it"),
    Fault.NOT_LISTED: ("a value is not on the list of the column", "use a listed value"),
    Fault.MISSING: ("a value that every item needs is missing", "add it"),
    Fault.QUOTE: (
        "a quoted field is not closed, or something follows its closing quote",
        'close it, and write quotes inside a field twice ("")',
    ),
    Fault.FIELDS: ("the row has more or fewer fields than the header", "quote fields with commas"),
    Fault.NUL: ("the row holds a NUL byte", "save the file as UTF-8 text"),
    Fault.TRUNCATED: (
        "the file ends inside this item",
        "export or copy the file again; it is not complete",
    ),
    Fault.VALUE: ("a value cannot be read", "see docs/screen.md for its form"),
    Fault.NOTHING_KNOWN: (
        "the row has none of the columns that can be screened",
        "name at least `text`; docs/screen.md lists the columns",
    ),
    Fault.TWICE: (
        "a name stands in it twice, and readers differ in which value they take",
        "keep one of the two",
    ),
    Fault.TWO_TEXTS: ("it has two texts, `text` and `body`", "keep the one that was posted"),
    Fault.DAMAGED: ("a part of the file is damaged", "copy or write the file again"),
}
"""What is said of each fault: the reason, and what to do."""
