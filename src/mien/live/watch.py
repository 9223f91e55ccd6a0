"""`watch`: the people of a camera, stream, video or folder, frame by frame."""

from __future__ import annotations

import os
from collections.abc import Generator, Iterable
from contextlib import ExitStack
from typing import TYPE_CHECKING

from mien.identity.decision import FPIR
from mien.live.backoff import Backoff
from mien.live.engine import Engine
from mien.live.networks import load_networks
from mien.live.settings import LiveSettings
from mien.live.watched_frame import WatchedFrame
from mien.media.source import Source
from mien.media.sources import open_source
from mien.models import embedding
from mien.pipeline import DEFAULT_ATTRIBUTES

if TYPE_CHECKING:
    from mien.gallery.gallery import Gallery


def watch(
    source: int | str | os.PathLike[str] | Source,
    *,
    attributes: Iterable[str] = DEFAULT_ATTRIBUTES,
    detector: str = "yunet",
    reidentify: bool = True,
    seconds: float | None = None,
    latest: bool | None = None,
    settings: LiveSettings | None = None,
    backoff: Backoff | None = None,
    gallery: Gallery | str | os.PathLike[str] | None = None,
    fmr: float = FPIR,
) -> Generator[WatchedFrame, None, None]:
    """The people in view, frame by frame, each with an id that stays and a profile that settles.

    Of a camera or stream the latest frame is given: one who is slow to take frames misses some, and they are counted.
    A camera that is lost is an event, not an exception, and is opened again. Of a file all frames come in order.

    Work begins with the first frame asked for. All is let go of when the generator ends, is closed, or is thrown away.

    Args:
        source: number of a camera, path of a video, picture or folder of pictures, address of a stream
            (`rtsp://`, `http://`), or a `Source`.
        attributes: what to find out, out of `mien.pipeline.ATTRIBUTES`; attention is told where the pose is among them.
        detector: `yunet` or `haar`.
        reidentify: whether to know people again who leave and come back, by an embedding that is shown nowhere and
            forgotten with them.
        seconds: of the stream, after which it is over; None for all of it.
        latest: True to treat a file as a camera, which gives frames at their own pace; False to take all frames of a
            camera in order, however late.
        settings: of detection, tracking, fusion and load.
        backoff: how to go about a live source that is lost.
        gallery: of people who are named once several good looks agree, or where there is one. `person.identity` is the
            name; `person.match` tells the evidence, and is None as long as too little was seen.
        fmr: the share of strangers who may be named.

    Yields:
        Frames with the people in view; nobody in view is a frame with no people.

    Raises:
        VideoError: the source is not there or gives no frames; why, and the remedy.
        UnknownNameError: no such attribute or detector.
        InputError: a setting is out of its range, or people are to be named and not to be known again.
        ModelError: a network's weights are missing or not what its card says.
        OtherModelError: the gallery's templates are of another version of its network.
        GalleryError: the gallery is not there, damaged, or cannot be read.
    """
    with ExitStack() as stack:
        names = None
        if gallery is not None:
            from mien.gallery.gallery import Gallery
            from mien.gallery.stream_names import StreamNames

            if not isinstance(gallery, Gallery):
                gallery = stack.enter_context(Gallery(gallery, create=False))
            names = StreamNames(gallery, fmr=fmr)
        networks = load_networks(
            attributes,
            detector=detector,
            embedding=embedding.NAME if names is None else names.embedding,
            reidentify=reidentify,
        )
        opened = source if isinstance(source, Source) else open_source(source)
        engine = Engine(
            opened, networks, settings=settings, latest=latest, seconds=seconds, backoff=backoff, names=names
        )
        yield from stack.enter_context(engine)
