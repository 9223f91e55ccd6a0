"""A worker process of the local engine: takes parts from a pipe until that is closed.

To the engine it sends `Ready` when its networks are loaded, `Ticked` after every picture, `Done` after a part, and what
Mien raised where it cannot go on.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Mapping
from dataclasses import dataclass
from multiprocessing.connection import Connection

from mien.dataset.counts import Counts
from mien.dataset.part import Order, PartProfiler
from mien.errors import MienError


@dataclass(frozen=True, slots=True)
class Task:
    """A part to do, and the places in it of pictures that are not to be read, with the reason."""

    part: int
    refused: Mapping[int, str]


@dataclass(frozen=True, slots=True)
class Ready:
    """The networks are loaded."""


@dataclass(frozen=True, slots=True)
class Ticked:
    """One picture more is done."""


@dataclass(frozen=True, slots=True)
class Done:
    """A part is written."""

    counts: Counts


Message = Ready | Ticked | Done | MienError


def work(pipe: Connection, order: Order) -> None:
    """The process's whole life."""
    import cv2

    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches every process of a terminal; the engine ends this one
    cv2.setNumThreads(1)  # the other cores are busy with pictures of their own
    try:
        profiler = PartProfiler(order)
        pipe.send(Ready())
        while True:
            task: Task = pipe.recv()
            counts = profiler(task.part, refused=task.refused, tick=lambda: pipe.send(Ticked()))
            pipe.send(Done(counts))
    except MienError as error:
        pipe.send(plain(error))
    except (EOFError, BrokenPipeError, ConnectionResetError):
        os._exit(0)  # the engine has gone, and with it whoever would read what Python says at its end


def plain(error: MienError) -> MienError:
    """The error as one that can travel: of the nearest class that takes nothing but a message."""
    kind = next(one for one in type(error).__mro__ if issubclass(one, MienError) and "__init__" not in vars(one))
    return kind(str(error))
