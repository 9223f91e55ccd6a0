"""Naming the people whom `mien watch` sees."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from mien.gallery.stream_names import StreamNames


@contextmanager
def naming(place: str | None, *, fmr: float | None, reidentify: bool) -> Iterator[StreamNames | None]:
    """What names people, until the end of the stream.

    Args:
        place: of the gallery; None for none.
        fmr: the share of strangers that may be named; None for the usual one.
        reidentify: whether people are known again by embeddings, which names are found by too.

    Raises:
        GalleryError: the gallery is not there, cannot be read, or is of another network.
        UsageError: options do not go together.
    """
    if place is None:
        if fmr is not None:
            raise click.UsageError("--fmr belongs to --gallery")
        yield None
        return
    if not reidentify:
        raise click.UsageError("--gallery names people by the embeddings that --no-reidentify leaves out; choose one")
    from mien.cli._gallery import open_gallery
    from mien.gallery.stream_names import StreamNames
    from mien.identity.decision import FPIR

    with open_gallery(place) as gallery:
        yield StreamNames(gallery, fmr=FPIR if fmr is None else fmr, tell=_tell)


def _tell(sentence: str) -> None:
    click.echo(f"mien: {sentence}", err=True)
