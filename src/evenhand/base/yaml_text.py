"""Reads YAML that people write; whatever is wrong with it is said with its line and column."""

import yaml

NESTING_MAX = 50
"""Lists and mappings within each other: ours have five; deeper ones exhaust the reader."""


class YamlFault(Exception):
    """A text is no YAML that can be used; lines and columns count from 1."""

    def __init__(self, line: int, column: int, why: str) -> None:
        super().__init__(why)
        self.line, self.column, self.why = line, column, why


def compose(text: str) -> yaml.Node | None:
    """Gives the tree of a text, with its places; None if it is empty. Raises `YamlFault`."""
    try:
        _refuse_depth(text)
        return yaml.compose(text, Loader=yaml.CSafeLoader)
    except yaml.MarkedYAMLError as error:
        raise _marked(error) from error
    except yaml.reader.ReaderError as error:
        raise _unreadable(text, error) from error


def values(text: str) -> object:
    """Gives what a text says. Raises `YamlFault`."""
    try:
        _refuse_depth(text)
        return yaml.load(text, Loader=yaml.CSafeLoader)
    except yaml.MarkedYAMLError as error:
        raise _marked(error) from error
    except yaml.reader.ReaderError as error:
        raise _unreadable(text, error) from error
    except ValueError as error:
        # A date with a month of 13, a number with thousands of digits.
        raise YamlFault(1, 1, f"a value cannot be read ({error})"[:200]) from error


def _refuse_depth(text: str) -> None:
    depth = 0
    for event in yaml.parse(text, Loader=yaml.CSafeLoader):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        if depth > NESTING_MAX:
            mark = event.start_mark
            assert mark is not None, "what is parsed from a text has a place in it"
            raise YamlFault(mark.line + 1, mark.column + 1, f"nested deeper than {NESTING_MAX}")


def _marked(error: yaml.MarkedYAMLError) -> YamlFault:
    mark = error.problem_mark
    why = str(error.problem or "no YAML")
    return YamlFault(mark.line + 1, mark.column + 1, why) if mark else YamlFault(1, 1, why)


def _unreadable(text: str, error: yaml.reader.ReaderError) -> YamlFault:
    """Gives the place of a character that YAML forbids: the C reader counts bytes, if at all."""
    for number, line in enumerate(text.split("\n"), start=1):
        for place, letter in enumerate(line, start=1):
            if yaml.reader.Reader.NON_PRINTABLE.match(letter):
                return YamlFault(number, place, f"U+{ord(letter):04X} may not stand in YAML")
    return YamlFault(1, 1, str(error.reason))
