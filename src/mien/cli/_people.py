"""Photos labelled with people, for `mien evaluate --task identification`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mien.evaluate.manifest import Manifest
    from mien.evaluate.people_folder import PeopleFolder
    from mien.identity.calibration import Calibration


def read_labelled(
    path: Path, *, columns: dict[str, str], images: Path | None, split: str | None, limit: int | None
) -> Manifest | PeopleFolder:
    """A folder of folders, or a table with the column `identity`.

    Raises:
        DatasetError: neither, or without what is needed.
    """
    from mien.evaluate.manifest import read_manifest
    from mien.evaluate.people_folder import read_people
    from mien.media.paths import is_folder

    if is_folder(path):
        return read_people(path, limit=limit)
    return read_manifest(path, wanted=("identity",), renamed=columns, images=images, split=split, limit=limit)


def calibration_for(model: str, file: Path | None) -> Calibration | None:
    """That of a file, or else of the network's card; `None` where the card has none.

    Raises:
        ModelError: the file holds none, or one of another network.
    """
    from mien.identity.calibration import Calibration
    from mien.models import registry

    card = registry.card(model)
    if file is None:
        return Calibration.of_card(card)
    calibration = Calibration.read(file)
    calibration.check_model(card.name, card.sha256)
    return calibration
