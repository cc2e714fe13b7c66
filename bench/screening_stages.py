"""What each stage takes of a message, measured in place: while batches pass that are all new."""

import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import CodeType, FrameType

STAGES = {
    ("events/batch.py", "check_batch"): "check",
    ("signals/engine.py", "see"): "see",
    ("signals/views.py", "normalised"): "normalise",
    ("signals/views.py", "undisguised"): "undisguise",
    ("signals/views.py", "counts"): "counts",
    ("signals/facts.py", "facts"): "facts",
    ("signals/facts.py", "shape_of_text"): "shape",
    ("signals/views.py", "spoken"): "language",
    ("signals/language.py", "language"): "language",
    ("signals/links.py", "columns"): "links",
    ("signals/contacts.py", "contacts"): "contacts",
    ("signals/engine.py", "found"): "patterns",
    ("signals/engine.py", "matches"): "pattern_columns",
    ("signals/engine.py", "scores"): "model",
    ("signals/engine.py", "habits"): "habits",
    ("signals/velocity.py", "signatures"): "signatures",
    ("signals/engine.py", "_keys"): "keys",
    ("signals/velocity.py", "posts"): "velocity",
    ("signals/velocity.py", "floods"): "floods",
    ("signals/media.py", "_equal"): "exact_hashes",
    ("signals/media.py", "_near"): "pdq",
    ("rules/rule.py", "over"): "rules",
    ("verdicts/fold.py", "fold"): "verdicts",
    ("pipeline.py", "_languages"): "spoken",
}
"""Functions that begin a stage; what one calls is of the innermost. All else is `between`."""


class StageClock:
    """Counts the processor time of one thread, stage by stage."""

    def __init__(self) -> None:
        self.seconds: Counter[str] = Counter()
        self._known: dict[CodeType, str | None] = {}
        self._stack: list[tuple[FrameType, str]] = []
        self._since = 0.0

    @contextmanager
    def running(self) -> Iterator[None]:
        """Measures this thread meanwhile; it costs a percent or two of what is measured."""
        self._since = time.thread_time()
        sys.setprofile(self._note)
        try:
            yield
        finally:
            sys.setprofile(None)
            self._charge()

    def _note(self, frame: FrameType, event: str, _argument: object) -> None:
        if event == "call":
            stage = self._stage_of(frame.f_code)
            if stage is not None:
                self._charge()
                self._stack.append((frame, stage))
        elif event == "return" and self._stack and self._stack[-1][0] is frame:
            self._charge()
            self._stack.pop()

    def _charge(self) -> None:
        now = time.thread_time()
        self.seconds[self._stack[-1][1] if self._stack else "between"] += now - self._since
        self._since = now

    def _stage_of(self, code: CodeType) -> str | None:
        if code not in self._known:
            self._known[code] = next(
                (
                    stage
                    for (file, name), stage in STAGES.items()
                    if code.co_name == name and code.co_filename.endswith(f"evenhand/{file}")
                ),
                None,
            )
        return self._known[code]


def stages(work: Callable[[], object], *, messages: int) -> dict[str, float]:
    """Gives nanoseconds a message by stage, for work that judges so many messages."""
    clock = StageClock()
    with clock.running():
        work()
    return {stage: seconds / messages * 1e9 for stage, seconds in clock.seconds.most_common()}
