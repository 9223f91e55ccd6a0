"""`profile_dataset`: a data set, from its list of pictures to its tables; interrupted, it goes on where it was."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable, Generator, Iterable
from dataclasses import dataclass, replace
from typing import Final, Protocol

from mien.dataset import manifest as manifests
from mien.dataset.columns import codebook
from mien.dataset.counts import Counts
from mien.dataset.lock import LOCK, locked
from mien.dataset.manifest import Manifest, Work
from mien.dataset.part import FACES, FILES, Order, finished
from mien.dataset.place import Place, open_place
from mien.dataset.plan import FOLDER as INPUTS
from mien.dataset.plan import PART_SIZE, Plan, sampled, write_plan
from mien.dataset.settings import Settings
from mien.dataset.source import Input, Source
from mien.errors import DatasetError, InputError, OutputError
from mien.evaluate.metrics import SEED
from mien.machine import usable_cores
from mien.media.formats import ENDINGS

CODEBOOK: Final = "codebook.csv"
_OURS: Final = frozenset({manifests.NAME, CODEBOOK, INPUTS, FACES, FILES, LOCK})
_LEFTOVER: Final = ".mien-"  # what `mien.media.atomic` begins the names of unfinished files with


class Engine(Protocol):
    """Does parts; see `mien.dataset.local_engine.LocalEngine`."""

    def __call__(self, parts: Iterable[int]) -> Generator[int | Counts]:
        """Changes in the number of pictures done, and the counts of each part that is written."""


@dataclass(frozen=True, kw_only=True)
class Progress:
    """How far a run is.

    Attributes:
        listing: whether the pictures are still being found; `total` then counts those found.
        done: pictures, those of earlier sittings among them.
        before: of these, those of earlier sittings.
        total: pictures in all.
    """

    listing: bool
    done: int
    before: int
    total: int


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """How a run went.

    Attributes:
        out: its folder.
        counts: how the pictures fared.
        before: pictures that were done by earlier sittings.
        seconds: that this sitting took.
    """

    out: str
    counts: Counts
    before: int
    seconds: float


def profile_dataset(
    source: Source,
    out: str | os.PathLike[str],
    *,
    settings: Settings | None = None,
    keep: tuple[str, ...] = (),
    sample: int | None = None,
    seed: int = SEED,
    workers: int | None = None,
    part_size: int | None = None,
    engine: Callable[[Order], Engine] | None = None,
    engine_name: str = "local",
    progress: Callable[[Progress], None] = lambda progress: None,
) -> Outcome:
    """Profile every picture of a data set into a folder of Parquet files.

    The folder holds `files/` and `faces/`, each a table in parts, `manifest.json` and `codebook.csv`. Called again with
    the same arguments it goes on where it was interrupted, however that happened; every part is there whole or not at
    all. The list of pictures is made once, so files that come later are not part of the run.

    Args:
        source: of the pictures; `mien.dataset.source.open_source` makes one.
        out: folder for the results.
        settings: of the networks.
        keep: columns of the data set's own table that go along, as `source` has them.
        sample: draw so many pictures at random.
        seed: of the draw, and of bootstraps over the results.
        workers: processes; None is one a core.
        part_size: pictures a part; None is that of the run that goes on, or `PART_SIZE`.
        engine: makes what does the parts; None is the local one.
        engine_name: what the manifest calls it.
        progress: called after every picture.

    Raises:
        DatasetError: there are no pictures, or `out` holds something else or a run that was begun otherwise.
        OutputError: the results cannot be written, or another run is writing them.
        InputError: a number is out of range.
        ModelError: a network cannot be used.
    """
    for name, number in (("sample", sample), ("workers", workers), ("part_size", part_size)):
        if number is not None and number < 1:
            raise InputError(f"{name} must be 1 or more, got {number}")
    place, workers = open_place(out), workers or usable_cores()
    settings = settings or Settings.of()
    wanted = manifests.decisions(settings=settings, source=source.to_dict(), keep=keep, sample=sample, seed=seed)
    _check_free(place)
    place.make()
    with _held(place):
        manifest = _begun(place, source, wanted, part_size, progress)
        order = Order(
            run=manifest.run,
            settings=settings,
            out=place.address,
            root=source.root.address,
            table=source.place.address,
            image=source.image,
            keep=keep,
        )
        local = engine is None
        engine = engine or _local(workers)
        work = manifests.sitting(engine_name, workers if local else None)
        return _worked(manifest, work, place, engine(order), progress)


def _worked(
    manifest: Manifest, work: Work, out: Place, engine: Engine, progress: Callable[[Progress], None]
) -> Outcome:
    began_s, plan = time.monotonic(), manifest.plan
    counts, rest = _standing(out, plan, manifest.run)
    before = done = counts.pictures
    if not rest and manifest.counts is not None:
        return Outcome(out=out.text, counts=counts, before=before, seconds=0.0)

    def note(*, finished: bool) -> None:
        seconds = round(time.monotonic() - began_s, 3)
        now = replace(work, pictures=counts.pictures - before, seconds=seconds, finished=finished)
        manifest.with_sitting(now, counts if finished else None).write(out)

    def tell() -> None:
        progress(Progress(listing=False, done=done, before=before, total=plan.pictures))

    note(finished=False)
    tell()
    try:
        with contextlib.closing(engine(rest)) as events:
            for event in events:
                if isinstance(event, int):
                    done += event
                    tell()
                else:
                    counts += event
    finally:
        if counts.pictures < plan.pictures:
            with contextlib.suppress(OutputError):  # a full disk, which is on its way to the user already
                note(finished=False)
    note(finished=True)
    return Outcome(out=out.text, counts=counts, before=before, seconds=time.monotonic() - began_s)


def _begun(
    out: Place,
    source: Source,
    wanted: Manifest,
    part_size: int | None,
    progress: Callable[[Progress], None],
) -> Manifest:
    """The manifest of the run that is there, or of a new one whose list is then made."""
    _clear(out)
    if out.child(manifests.NAME).kind() == "file":
        manifest = Manifest.read(out)
        manifest.check_goes_on(wanted.decisions(), out)
        if part_size not in (None, manifest.plan.part_size):
            raise DatasetError(
                f"{out.text} holds a run with {manifest.plan.part_size} pictures a part, and {part_size} were asked "
                "for; leave --part-size out, or name another output"
            )
        return manifest
    inputs: Iterable[Input] = source.inputs(skip=out)
    if wanted.sample is not None:
        inputs = sampled(inputs, wanted.sample, wanted.seed)
    plan = write_plan(
        inputs,
        out,
        part_size=part_size or PART_SIZE,
        keep=wanted.keep,
        progress=lambda found: progress(Progress(listing=True, done=0, before=0, total=found)),
    )
    if plan.pictures == 0:
        raise DatasetError(
            f"{source.place.text} holds no pictures; of a folder, files ending in {' '.join(ENDINGS)} count"
        )
    for table in (FACES, FILES):
        out.child(table).make()
    out.child(CODEBOOK).write(codebook(wanted.settings.attributes, wanted.keep).encode())
    manifest = replace(wanted, plan=plan)
    manifest.write(out)  # last: with it the run has begun
    return manifest


def _standing(out: Place, plan: Plan, run: str) -> tuple[Counts, list[int]]:
    """How the parts that are done fared, and those that are not."""
    counts, rest = Counts(), []
    for part in range(plan.parts):
        done = finished(out, part, run)
        if done is None:
            rest.append(part)
        else:
            counts += done
    return counts, rest


def _check_free(out: Place) -> None:
    """Make sure that nothing but a run is in the folder."""
    if out.kind() == "file":
        raise DatasetError(f"{out.text} is a file; name a folder for the results")
    foreign = [name for name in out.names() if name not in _OURS and not name.startswith(_LEFTOVER)]
    if foreign:
        raise DatasetError(
            f"{out.text} holds {foreign[0]}, which is of no run; name an empty folder, or one to be made"
        )


def _clear(out: Place) -> None:
    """Remove what a killed run left half written."""
    for folder in (out, *(out.child(name) for name in (INPUTS, FACES, FILES))):
        for name in folder.names():
            if name.startswith(_LEFTOVER):
                folder.child(name).remove()


def _held(out: Place) -> contextlib.AbstractContextManager[None]:
    """One run at a time; object stores have no locks."""
    path = out.local
    return contextlib.nullcontext() if path is None else locked(path)


def _local(workers: int) -> Callable[[Order], Engine]:
    from mien.dataset.local_engine import LocalEngine

    return lambda order: LocalEngine(order, workers=workers)
