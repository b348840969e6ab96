"""The log of a process: lines for people, or one JSON object a line; ours and our libraries' alike.

What is bound to the context, such as the ids of a request and a prediction, stands in every line.
"""

import logging
import sys
from contextlib import suppress
from typing import TextIO, cast

import structlog
from structlog.typing import Processor

LIBRARIES_WITH_HANDLERS = ("dbos",)  # they would write their lines themselves, in a form of their own


def configure_logging(level_name: str, is_json: bool) -> None:
    """To stderr. Replaces whatever was configured before."""
    level = logging.getLevelNamesMapping()[level_name.upper()]
    stream = cast(TextIO, _LogStream())
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    endings = _endings(is_json)
    structlog.configure(
        processors=[*shared, *endings],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(stream),
    )
    handler = logging.StreamHandler(stream)
    remove_meta = structlog.stdlib.ProcessorFormatter.remove_processors_meta
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[*shared, structlog.stdlib.add_logger_name], processors=[remove_meta, *endings]
        )
    )
    logging.basicConfig(level=max(level, logging.WARNING), handlers=[handler], force=True)
    for name in LIBRARIES_WITH_HANDLERS:
        library = logging.getLogger(name)
        library.handlers, library.propagate = [logging.NullHandler()], True


def _endings(is_json: bool) -> list[Processor]:
    """Plain tracebacks: others show local variables, and among those are keys and prompts."""
    if is_json:
        return [structlog.processors.format_exc_info, structlog.processors.JSONRenderer()]
    colors = sys.stderr.isatty()
    return [structlog.dev.ConsoleRenderer(colors=colors, exception_formatter=structlog.dev.plain_traceback)]


class _LogStream:
    """stderr, for the log: on a full disk lines are lost, but never the work that they tell of."""

    def write(self, text: str) -> None:
        with suppress(OSError):
            sys.stderr.write(text)

    def flush(self) -> None:
        with suppress(OSError):
            sys.stderr.flush()
