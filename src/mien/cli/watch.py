"""`mien watch`: follows the people of a camera, stream or video."""

from __future__ import annotations

import signal
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from mien.cli._outputs import check_files, refuse_empty

if TYPE_CHECKING:
    from mien.audience.recorder import Recorder
    from mien.cli._stop import Stop
    from mien.cli._watch_outputs import WatchOutputs
    from mien.live.engine import Engine

_POLL_S: Final = 0.1  # how soon a signal is seen while no frame comes


@click.command(epilog="Example:  mien watch 0 --json people.jsonl --video annotated.mp4 --seconds 60")
@click.argument("source", metavar="SOURCE", callback=refuse_empty)
@click.option(
    "--json",
    "events",
    metavar="FILE",
    callback=refuse_empty,
    help="Write events as JSON lines while they happen: who appears, profiles, who leaves; - is standard output.",
)
@click.option("--video", metavar="FILE", callback=refuse_empty, help="Write an annotated video, .mp4 .mov .mkv .avi.")
@click.option("--blur", is_flag=True, help="Make all faces unrecognisable in the video and the window.")
@click.option(
    "--store",
    metavar="FILE|URL",
    callback=refuse_empty,
    help="Keep visits and a sample a second, never pictures, for `mien report`: SQLite, or postgresql://…",
)
@click.option("--keep", metavar="AGE", help="Purge from the store what is older, such as 30d.  [default: nothing]")
@click.option(
    "--revisit",
    metavar="AGE",
    default="1h",
    show_default=True,
    help="How long the store's visitors are known again, by embeddings kept in memory alone.",
)
@click.option("--recorded-at", metavar="TIME", help="When a file begins, such as 2026-03-31T09:00.  [default: now]")
@click.option(
    "--gallery",
    metavar="PATH|URL",
    callback=refuse_empty,
    help="Name people of this gallery, once several good looks at them agree; others are unknown. Not in the store.",
)
@click.option("--fmr", type=float, help="Share of strangers that may be named, of all who come.  [default: 0.01]")
@click.option("--window", is_flag=True, help="Show the annotated picture, where there is a display; q ends.")
@click.option("--overwrite", is_flag=True, help="Let FILE replace a file that is there.")
@click.option("--seconds", metavar="N", type=float, help="Stop after so much of the stream.")
@click.option(
    "--attributes",
    metavar="NAMES",
    default="age,gender,race,emotion,pose,quality",
    show_default=True,
    help="What to find out, separated by commas; also to be had: landmarks, embedding. Attention needs pose.",
)
@click.option("--detector", metavar="NAME", default="yunet", show_default=True, help="yunet, or the classic haar.")
@click.option(
    "--long-side",
    metavar="PIXELS",
    type=int,
    default=800,
    show_default=True,
    help="Shrink frames to this before faces are sought; more finds smaller faces and takes longer.",
)
@click.option(
    "--every",
    metavar="K",
    type=int,
    help="Seek faces in every K-th frame and predict between; by default in every one, as far as a live source leaves "
    "time for it.",
)
@click.option(
    "--budget",
    metavar="MS",
    type=float,
    help="Milliseconds a frame for reading faces; by default what a live source leaves time for, and all of files.",
)
@click.option(
    "--reidentify/--no-reidentify",
    default=True,
    show_default=True,
    help="Know people again who leave and come back, by an embedding that is kept in memory and shown nowhere.",
)
@click.option(
    "--profile-every",
    metavar="S",
    type=float,
    default=5.0,
    show_default=True,
    help="Seconds after which a person's profile is told again.",
)
@click.option(
    "--latest/--all-frames",
    default=None,
    help="Take only the latest frame, or all in order; by default the latest of live sources, and all of files.",
)
@click.option("--wait", is_flag=True, help="Wait for a camera or stream that is not there yet.")
def command(
    source: str,
    events: str | None,
    video: str | None,
    blur: bool,
    store: str | None,
    keep: str | None,
    revisit: str,
    recorded_at: str | None,
    gallery: str | None,
    fmr: float | None,
    window: bool,
    overwrite: bool,
    seconds: float | None,
    attributes: str,
    detector: str,
    long_side: int,
    every: int | None,
    budget: float | None,
    reidentify: bool,
    profile_every: float,
    latest: bool | None,
    wait: bool,
) -> None:
    """Follow the people in view: the number of a camera, a video, a folder of pictures, or the address of a stream.

    On a terminal a table shows who is in view; at the end all who were seen are printed, unless --json is given. Ctrl-C
    ends the run with all files whole, as do SIGTERM and a terminal that is closed. A camera that is lost is told and
    opened again.

    The exit status is 0 at the end of the stream, or after Ctrl-C on a live one; 1 if a part of the source could not be
    read; 2 if nothing could be done; 128 and the signal's number (Ctrl-C: 130) if one ended a file or all.
    """
    import cv2

    from mien.cli._naming import naming
    from mien.cli._recording import recording
    from mien.cli._stop import BY_SIGNAL, Stop
    from mien.cli._watch_outputs import WatchOutputs
    from mien.live.engine import Engine
    from mien.live.networks import load_networks
    from mien.live.settings import LiveSettings
    from mien.media.address import scheme_of
    from mien.media.opencv_log import quieten_opencv
    from mien.media.sources import open_source
    from mien.models import embedding

    quieten_opencv()
    cv2.setNumThreads(1)  # the stages have the cores; OpenCV's own threads would only get in their way
    if every is None and blur:
        every = 1  # no frame may go unsearched: a face that comes into view would be seen in it
    settings = LiveSettings(every=every, budget_ms=budget, profile_every_s=profile_every)
    files = {"--json": events, "--video": video, "--store": None if store is None or scheme_of(store) else store}
    read = [source] if gallery is None else [source, gallery]
    check_files(
        {option: None if name is None else Path(name) for option, name in files.items()}, inputs=map(Path, read)
    )
    names = [name.strip() for name in attributes.split(",") if name.strip()]
    with naming(gallery, fmr=fmr, reidentify=reidentify) as known, Stop() as stop:
        networks = load_networks(
            names,
            detector=detector,
            embedding=embedding.NAME if known is None else known.embedding,
            reidentify=reidentify,
            long_side=long_side,
        )
        opened = stop.unless_stopped(lambda: open_source(source, connect=not wait))
        with (
            WatchOutputs(opened, events=events, video=video, blur=blur, window=window, overwrite=overwrite) as outputs,
            recording(
                store, opened, networks, settings, keep=keep, revisit=revisit, recorded_at=recorded_at
            ) as recorder,
        ):
            engine = Engine(opened, networks, settings=settings, latest=latest, seconds=seconds, names=known)
            try:
                _follow(engine, outputs, recorder, stop)
            finally:
                stop.finish()
                engine.close()
                outputs.tell(engine.events())
    outputs.summarise(engine.figures())
    for problem in opened.problems:
        click.echo(f"mien: error: {problem}", err=True)
    if stop.number is not None and not (stop.number == signal.SIGINT and opened.is_live):
        raise SystemExit(BY_SIGNAL + stop.number)
    if opened.problems:
        raise SystemExit(1)


def _follow(engine: Engine, outputs: WatchOutputs, recorder: Recorder | None, stop: Stop) -> None:
    """Until the stream ends, a signal comes or the window is closed."""
    while stop.number is None and not engine.ended:
        frame = engine.get(_POLL_S)
        if frame is None:
            outputs.tell(engine.events())
            continue
        if recorder is not None:
            recorder.see(frame)
        if not outputs.show(frame):
            return
