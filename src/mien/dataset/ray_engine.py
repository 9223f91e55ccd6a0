"""The Ray engine: parts of a run on the machines of a Ray cluster, as a stream of Ray Data.

Actors load the networks once and take one part after the other; Ray starts lost ones anew and runs their parts again,
which writes the same files. The results must lie where every machine can write: a shared folder, or an address of an
object store.
"""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Generator, Iterable
from typing import Any, Final

from mien.dataset.counts import Counts
from mien.dataset.part import Order, PartProfiler
from mien.dataset.worker import plain
from mien.errors import DatasetError, MienError, MissingExtraError

_PART: Final = "part"
_TOLD: Final = ("ok", "no_face", "error", "faces")


class RayEngine:
    """Runs parts on a Ray cluster.

    Args:
        order: what is to be done with every part; its folders are full paths or addresses.
        address: of the cluster; None starts one on this machine, unless the program has connected to one already.
        workers: actors at most; None is as many as the cluster has cores.

    Raises:
        MissingExtraError: Ray is not installed.
    """

    def __init__(self, order: Order, *, address: str | None = None, workers: int | None = None) -> None:
        try:
            import ray
            import ray.data
        except ImportError as error:
            raise MissingExtraError("ray", "ray", "the engine ray") from error
        self._ray: Any = ray
        self._order, self._address, self._workers = order, address, workers

    def __call__(self, parts: Iterable[int]) -> Generator[int | Counts]:
        """Do the parts.

        Yields:
            The number of pictures and the counts of each part, when it is written.

        Raises:
            MienError: what a worker cannot go on with, such as a full disk.
            DatasetError: there is no cluster at the address.
        """
        numbers = list(parts)
        if not numbers:
            return
        with self._connected(), self._quiet():
            items = self._ray.data.from_items([{_PART: part} for part in numbers], override_num_blocks=len(numbers))
            most = min(self._workers or self._cores(), len(numbers))
            done = items.map_batches(
                PartActor,
                fn_constructor_args=(self._order,),
                batch_size=1,
                compute=self._ray.data.ActorPoolStrategy(min_size=1, max_size=most),
                num_cpus=1,
            )
            for row in done.iter_rows():
                if row["failed"]:
                    raise _error(row["kind"], row["failed"])
                counts = Counts(**{name: int(row[name]) for name in _TOLD})
                yield counts.pictures
                yield counts

    def _cores(self) -> int:
        return max(1, int(self._ray.cluster_resources().get("CPU", 1)))

    @contextlib.contextmanager
    def _quiet(self) -> Generator[None]:
        """Ray Data's own bars and reports would run into those of the command."""
        context, log = self._ray.data.DataContext.get_current(), logging.getLogger("ray.data")
        bars, level = context.enable_progress_bars, log.level
        context.enable_progress_bars = False
        log.setLevel(logging.WARNING)
        try:
            yield
        finally:
            context.enable_progress_bars = bars
            log.setLevel(level)

    @contextlib.contextmanager
    def _connected(self) -> Generator[None]:
        if self._ray.is_initialized():
            yield
            return
        try:
            self._ray.init(address=self._address, log_to_driver=False, logging_level=logging.WARNING)
        except (ConnectionError, ValueError) as error:
            raise DatasetError(
                f"no Ray cluster at {self._address}: {error}; start one with `ray start --head`, or leave --address out"
            ) from error
        try:
            yield
        finally:
            self._ray.shutdown()


class PartActor:
    """What Ray runs on the machines: a `PartProfiler` behind a table of part numbers.

    Args:
        order: what is to be done with every part.
    """

    def __init__(self, order: Order) -> None:
        import cv2

        cv2.setNumThreads(1)  # the other cores have actors of their own
        self._failed: MienError | None = None
        try:
            self._profiler = PartProfiler(order)
        except MienError as error:
            self._failed = error  # raised here, Ray would start the actor again and again

    def __call__(self, batch: dict[str, Any]) -> dict[str, list[Any]]:
        """How the part fared; what Mien raises is told, for Ray would run the part again in vain."""
        try:
            if self._failed is not None:
                raise self._failed
            counts = self._profiler(int(batch[_PART][0]), refused={}, tick=lambda: None)
        except MienError as error:
            known = plain(error)
            return {name: [0] for name in _TOLD} | {"failed": [str(known)], "kind": [type(known).__name__]}
        told = counts.to_dict()
        return {name: [told[name]] for name in _TOLD} | {"failed": [""], "kind": [""]}


def _error(kind: str, message: str) -> MienError:
    from mien import errors

    found: type[MienError] = getattr(errors, kind)
    return found(message)
