"""Everything that Mien raises on purpose.

    MienError
    ├── InputError                 what came in cannot be used
    │   ├── ShapeError             an array has the wrong shape or type
    │   ├── ImageError             a file or array is not a picture that can be read
    │   │   └── ImageTooLargeError     more pixels or bytes than the stated limit
    │   ├── VideoError             a video, stream, camera or folder gives no frames
    │   │   └── SourceLostError        a camera or stream that gave frames gives no more
    │   ├── NoFaceError            a picture in which somebody is wanted shows nobody
    │   ├── UnknownNameError       no attribute, detector, model … of that name
    │   ├── DatasetError           labels or files of a data set are missing or unusable
    │   └── StoreError             an audience store is not there, of a newer version, or its database says no
    ├── ModelError                 a network cannot be used
    │   ├── WeightsNotFoundError       in none of the places that its card names
    │   ├── WeightsCorruptError        the file's sha256 is not the card's
    │   └── DownloadError              the download failed or is forbidden
    ├── GalleryError               a gallery of people cannot be used, or cannot do what was asked
    │   ├── UnknownPersonError         nobody of that name or id is in it
    │   ├── OtherModelError            its templates are of another network
    │   ├── GalleryDamagedError        the file is no gallery, of a newer version, or damaged
    │   └── GalleryUnavailableError    read-only, locked, on a full disk, or its server is gone
    ├── PipelineError              stages that do not fit together
    ├── OutputError                a result cannot be written where it was asked for
    └── MissingExtraError          an optional dependency is not installed

Every message says what came, what was wanted, and the remedy.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class MienError(Exception):
    """The root: `except mien.MienError` catches what Mien raises on purpose and nothing else."""


class InputError(MienError, ValueError):
    """What came in cannot be used."""


class ShapeError(InputError):
    """An array has the wrong shape or type."""


class ImageError(InputError):
    """A file or array is not a picture that can be read."""


class ImageTooLargeError(ImageError):
    """A picture has more pixels or bytes than the limit allows."""


class VideoError(InputError):
    """A video, stream, camera or folder of pictures gives no frames."""


class SourceLostError(VideoError):
    """A camera or stream that gave frames gives no more; opening it again may help."""


class NoFaceError(InputError):
    """A picture shows nobody, where there has to be somebody: to verify, to enrol, to search."""


class UnknownNameError(InputError):
    """No attribute, detector, model … of that name exists.

    Args:
        kind: what sort of name it is, such as `"detector"`.
        name: what came for a name.
        known: the names that exist; the nearest are suggested.
    """

    def __init__(self, kind: str, name: object, known: Iterable[str]) -> None:
        self.kind, self.name, self.known = kind, name, tuple(known)
        near = difflib.get_close_matches(str(name).lower(), self.known, n=3, cutoff=0.5)
        hint = f"did you mean {' or '.join(near)}?" if near else f"known: {', '.join(self.known)}"
        super().__init__(f"unknown {kind} {name!r}; {hint}")


class DatasetError(InputError):
    """Labels or files of a data set are missing or unusable."""


class StoreError(InputError):
    """An audience store is not there, of a newer version, or its database says no."""


class ModelError(MienError):
    """A network cannot be used."""


class WeightsNotFoundError(ModelError):
    """The weights are in none of the places that the card names."""


class WeightsCorruptError(ModelError):
    """The file's sha256 is not the one in the card."""


class DownloadError(ModelError):
    """The download failed, or `MIEN_OFFLINE=1` forbids it."""


class GalleryError(MienError):
    """A gallery of people cannot be used, or cannot do what was asked."""


class UnknownPersonError(GalleryError):
    """Nobody of that name or id is in the gallery."""


class OtherModelError(GalleryError):
    """The gallery's templates are of another network than the one asked for."""


class GalleryDamagedError(GalleryError):
    """The file is no gallery, one of a newer version, or damaged."""


class GalleryUnavailableError(GalleryError):
    """The gallery is read-only, locked, on a full disk, or its server is gone."""


class PipelineError(MienError):
    """Stages that do not fit together."""


class OutputError(MienError):
    """A result cannot be written where it was asked for."""


class MissingExtraError(MienError, ImportError):
    """An optional dependency is not installed.

    Args:
        package: the module that could not be imported.
        extra: the extra of `mien` that brings it.
        purpose: what it was wanted for.
    """

    def __init__(self, package: str, extra: str, purpose: str) -> None:
        super().__init__(f"{purpose} needs {package}, which is not installed; pip install 'mien[{extra}]'")
