"""The line that says how far the reading is."""

import io

from evenhand.connectors.files.progress import Progress, progress_line


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_the_line_tells_share_pace_and_time_left() -> None:
    line = progress_line(
        done_bytes=1_000_000, total_bytes=4_000_000, messages=30_000, flagged=12, seconds=10.0
    )

    assert line == (
        "██████░░░░░░░░░░░░░░░░░░  25% of 4.0 MB, 30,000 messages, 3,000/s, 12 flagged, 0:30 left"
    )


def test_without_a_size_only_what_is_done_is_told() -> None:
    line = progress_line(
        done_bytes=1_000_000, total_bytes=None, messages=10, flagged=0, seconds=1.0
    )

    assert line == "1.0 MB read, 10 messages, 10/s, 0 flagged"


def test_nothing_is_shown_where_there_is_no_terminal_or_quiet_is_asked() -> None:
    for terminal, quiet in ((io.StringIO(), False), (Terminal(), True)):
        progress = Progress(terminal, total_bytes=10, quiet=quiet)
        progress.show(done_bytes=5, messages=1, flagged=0, now=progress.began + 9.0)
        progress.clear()
        assert terminal.getvalue() == ""


def test_a_terminal_sees_at_most_five_lines_a_second() -> None:
    terminal = Terminal()
    progress = Progress(terminal, total_bytes=10)

    for hundredth in range(100):
        progress.show(done_bytes=5, messages=1, flagged=0, now=progress.began + hundredth / 100)

    assert 3 <= terminal.getvalue().count("\r") <= 5
