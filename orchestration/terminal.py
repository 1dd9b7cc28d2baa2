"""What commands print to, and the quiet of libraries beside it; nothing here loads Dagster, which takes a second."""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterable

from rich.console import Console


def quiet_libraries(names: Iterable[str]) -> None:
    """Keep libraries' own log lines out of the bars; warnings and errors stay."""
    for name in names:
        logging.getLogger(name).setLevel(logging.WARNING)


def console() -> Console:
    """The terminal, or a plain pipe of a readable width."""
    return Console(file=sys.stdout, width=None if sys.stdout.isatty() else 120)
