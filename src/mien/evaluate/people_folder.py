"""A folder of folders: photos of one person in each folder, which has the person's name."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from mien.errors import DatasetError, ImageError
from mien.evaluate.labels import Labels
from mien.evaluate.manifest import Sample
from mien.media.find import find_images
from mien.media.paths import is_folder
from mien.media.result import printable


@dataclass(frozen=True, kw_only=True)
class PeopleFolder:
    """The pictures below a folder, and whom each shows; iterating gives them as labelled samples.

    Attributes:
        path: of the folder.
        pictures: in the order of their names.
        people: whom each shows: the name of the first folder on its way down. A picture that lies in the folder itself
            is the only one of somebody, who has the file's name.
    """

    path: Path
    pictures: tuple[Path, ...]
    people: tuple[str, ...]

    @property
    def rows(self) -> int:
        """How many pictures there are."""
        return len(self.pictures)

    @property
    def images_of(self) -> Counter[str]:
        """Person → how many pictures."""
        return Counter(self.people)

    def __len__(self) -> int:
        return len(self.pictures)

    def __iter__(self) -> Iterator[Sample]:
        for picture, person in zip(self.pictures, self.people, strict=True):
            name = printable(picture.relative_to(self.path))
            yield Sample(name=name, source=picture, labels=Labels(identity=person))


def read_people(path: Path, *, limit: int | None = None) -> PeopleFolder:
    """The pictures of a folder of folders.

    Args:
        path: of the folder.
        limit: keep the first pictures only.

    Raises:
        DatasetError: it is no folder, cannot be searched, or has no pictures.
    """
    if not is_folder(path):
        raise DatasetError(f"{path}: no folder; name one with a folder of photos for each person")
    try:
        pictures = find_images([path])[:limit]
    except ImageError as error:
        raise DatasetError(str(error)) from error
    ways = [picture.relative_to(path).parts for picture in pictures]
    return PeopleFolder(path=path, pictures=tuple(pictures), people=tuple(printable(parts[0]) for parts in ways))
