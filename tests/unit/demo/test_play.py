from io import StringIO

from rich.console import Console

from evenhand.demo.play import ToldInLines, _progress


def test_a_file_is_told_of_each_thing_at_once() -> None:
    file = StringIO()
    progress = _progress(Console(file=file, width=200))

    with progress:
        task = progress.add_task("starting", total=None)
        progress.update(task, description="starting PostgreSQL")
        at_once = file.getvalue()
        progress.update(task, advance=1)

    assert isinstance(progress, ToldInLines)
    assert at_once == file.getvalue() == "starting\nstarting PostgreSQL\n"


def test_a_terminal_gets_bars() -> None:
    progress = _progress(Console(file=StringIO(), force_terminal=True))

    assert not isinstance(progress, ToldInLines)
