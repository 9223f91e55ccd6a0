"""What is told in the log, once for each thing: that something stands for something else, or has no effect."""

from __future__ import annotations

import functools
import logging
from typing import Final

_LOG: Final = logging.getLogger("mien.compat")


@functools.cache
def note(text: str) -> None:
    """Tell it, if it was not told before."""
    _LOG.warning(text)
