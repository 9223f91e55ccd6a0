"""The local engine: one process a core, each with its own networks, doing one part after the other.

A process that dies, as by the system's want of memory or a damaged picture that breaks a decoder, is replaced and its
part done again. A picture in which that happens twice is refused and told as a file that could not be read.
"""

from __future__ import annotations

import multiprocessing
from collections import Counter
from collections.abc import Callable, Generator, Iterable, Iterator
from multiprocessing.connection import Connection, wait
from typing import Final

from mien.dataset.counts import Counts
from mien.dataset.part import Order
from mien.dataset.worker import Done, Message, Ready, Task, Ticked, work
from mien.errors import MienError, PipelineError

_DEATHS_A_PICTURE: Final = 2
_DEATHS_AT_THE_START: Final = 3  # one after the other, before the networks are loaded: it is no picture's fault
_FAREWELL_S: Final = 5.0


class _Worker:
    """One process and what it is at."""

    def __init__(self, order: Order, life: Callable[[Connection, Order], None]) -> None:
        context = multiprocessing.get_context("spawn")  # forking would copy ONNX Runtime's locks, but not its threads
        self.pipe, theirs = context.Pipe()
        self.process = context.Process(target=life, args=(theirs, order), daemon=True)
        self.process.start()
        theirs.close()
        self.task: Task | None = None
        self.done = 0  # pictures of the task
        self.ready = False

    def give(self, task: Task) -> None:
        self.task, self.done = task, 0
        try:
            self.pipe.send(task)
        except (BrokenPipeError, ConnectionResetError):
            return  # it has died already, which the end of its pipe will tell

    def stop(self) -> None:
        self.pipe.close()
        self.process.terminate()
        self.process.join(_FAREWELL_S)
        if self.process.is_alive():
            self.process.kill()
            self.process.join()


class LocalEngine:
    """Runs parts in processes of this machine.

    Args:
        order: what is to be done with every part.
        workers: processes.
        life: what a process does, as `mien.dataset.worker.work`.
    """

    def __init__(self, order: Order, *, workers: int, life: Callable[[Connection, Order], None] = work) -> None:
        self._order, self._count, self._life = order, workers, life
        self._workers: list[_Worker] = []
        self._deaths: Counter[tuple[int, int]] = Counter()
        self._refused: dict[int, dict[int, str]] = {}
        self._unlucky = 0
        self._again: list[Task] = []

    def __call__(self, parts: Iterable[int]) -> Generator[int | Counts]:
        """Do the parts.

        Args:
            parts: their numbers.

        Yields:
            The change in the number of pictures done, after every picture; and the counts of a part, when it is
            written. A part that is done again takes back its pictures first.

        Raises:
            MienError: what a worker cannot go on with, such as a full disk.
            PipelineError: workers end for a reason that is no picture's.
        """
        rest = iter(parts)
        try:
            while True:
                self._hand_out(rest)
                busy = [worker for worker in self._workers if worker.task is not None]
                if not busy:
                    return
                heard = wait([worker.pipe for worker in busy])
                for worker in busy:
                    if worker.pipe in heard:
                        yield from self._heard(worker)
        finally:
            for worker in self._workers:
                worker.stop()
            self._workers.clear()

    def _hand_out(self, rest: Iterator[int]) -> None:
        idle = [worker for worker in self._workers if worker.task is None]
        while idle or len(self._workers) < self._count:
            part = None if self._again else next(rest, None)
            task = self._again.pop() if self._again else None if part is None else Task(part, {})
            if task is None:
                return
            worker = idle.pop() if idle else self._started()
            worker.give(task)

    def _started(self) -> _Worker:
        worker = _Worker(self._order, self._life)
        self._workers.append(worker)
        return worker

    def _heard(self, worker: _Worker) -> Generator[int | Counts]:
        try:
            message: Message = worker.pipe.recv()
        except (EOFError, ConnectionResetError):
            yield -worker.done
            self._bury(worker)
            return
        if isinstance(message, MienError):
            raise message
        assert worker.task is not None
        if isinstance(message, Ready):
            worker.ready, self._unlucky = True, 0
        elif isinstance(message, Ticked):
            worker.done += 1
            yield 1
        elif isinstance(message, Done):
            worker.task = None
            yield message.counts

    def _bury(self, worker: _Worker) -> None:
        """Put the part of a worker that has died among those to be done again."""
        self._workers.remove(worker)
        worker.process.join()
        code = worker.process.exitcode or 0
        worker.pipe.close()
        if code > 0:
            raise PipelineError(
                f"a worker process ended with exit status {code}; what it said stands above. Python scripts that run "
                "data sets must do so below `if __name__ == '__main__':`"
            )
        self._unlucky += not worker.ready
        if self._unlucky >= _DEATHS_AT_THE_START:
            raise PipelineError(
                f"{self._unlucky} worker processes one after the other were killed (signal {-code}) while they "
                "loaded the networks; the machine may be short of memory: give fewer --workers"
            )
        assert worker.task is not None
        part, place = worker.task.part, worker.done
        refused = self._refused.setdefault(part, {})
        self._deaths[part, place] += worker.ready
        if self._deaths[part, place] > _DEATHS_A_PICTURE:
            raise PipelineError(
                f"worker processes were killed (signal {-code}) {self._deaths[part, place]} times in part {part}, and "
                "no picture is to blame; the machine may be short of memory: give fewer --workers"
            )
        if self._deaths[part, place] == _DEATHS_A_PICTURE:
            refused[place] = f"the process that read it was killed {_DEATHS_A_PICTURE} times (signal {-code})"
        self._again.append(Task(part, dict(refused)))
