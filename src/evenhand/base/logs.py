"""Logs are events: one line of JSON each, a constant name with fields, never a person's data."""

import logging
import sys
import traceback

import structlog

FAILED = 500
"""Status from which on a failure is ours."""


class RoutesForPaths(logging.Filter):
    """Names the route of a web request in place of its path, query and words.

    A path may carry a one-time token, and the words of a database's error a person's name. What
    Django says of a request therefore keeps its status, and of an error of ours its kind and its
    places; where the visitor was wrong there is nothing to trace.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        """Rewrites what was said of a request; anything else stays as it is."""
        request = getattr(record, "request", None)
        if request is None:
            return True
        match = getattr(request, "resolver_match", None)
        route = f"/{match.route}" if match else "an address that leads nowhere"
        status = getattr(record, "status_code", FAILED)
        record.msg, record.args = "%s at %s", (status, route)
        if status < FAILED:
            record.exc_info = record.exc_text = None
        elif record.exc_info and record.exc_info[0]:
            frames = "".join(traceback.format_tb(record.exc_info[2]))
            record.exc_text = f"{frames}{record.exc_info[0].__qualname__}"
        return True


def log_beside_output() -> None:
    """Keeps a command's log off standard output, where its results are."""
    structlog.configure(logger_factory=lambda *_: structlog.PrintLogger(sys.stderr))


def configure_logs() -> None:
    """Makes this process write its log as JSON lines to standard error; no tracebacks' locals."""
    handler = logging.StreamHandler()
    handler.addFilter(RoutesForPaths())
    logging.basicConfig(
        level=logging.WARNING, format="%(levelname)s %(name)s %(message)s", handlers=[handler]
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        cache_logger_on_first_use=True,
    )
