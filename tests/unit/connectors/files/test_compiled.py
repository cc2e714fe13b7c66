"""The compiled readers' cache on disk is renewed as a whole."""

from evenhand.connectors.files import compiled, tokens
from evenhand.connectors.files.compiled import SOURCE_STAMP


def test_every_compiled_function_bears_the_stamp_of_all_modules() -> None:
    """Numba looks at a function's own file only, though it compiles in what others call."""
    from numba.core.registry import CPUDispatcher

    from evenhand.connectors.files import cells, items, outline, seen, texts, times, wide

    for module in (cells, items, outline, seen, texts, times, tokens, wide):
        functions = [value for value in vars(module).values() if isinstance(value, CPUDispatcher)]
        assert functions
        for function in functions:
            assert function._cache._cache_file._source_stamp == SOURCE_STAMP, function


def test_every_module_with_compiled_functions_is_in_the_stamp() -> None:
    from pathlib import Path

    folder = Path(compiled.__file__).parent
    using = {path.name for path in folder.glob("*.py") if "@compiled" in path.read_text()}

    assert using <= set(compiled._OURS)
