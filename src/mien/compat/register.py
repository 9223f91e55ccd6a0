"""`register` and `build_index`: people put into a database, each under the name of a photo."""

from __future__ import annotations

import hashlib
import os
from pathlib import PurePath
from typing import Any

from mien.compat import names
from mien.compat.database import Details, check_model, open_store
from mien.compat.inputs import Picture, Pictures, split
from mien.compat.looked import FaceOptions, Looked, look, note_alignment
from mien.gallery.names import clean_name
from mien.gallery.records import ModelId, NewTemplate
from mien.media.result import printable


def register(
    img: Pictures,
    img_name: str | None = None,
    model_name: str = "VGG-Face",
    detector_backend: str = "opencv",
    enforce_detection: bool = True,
    align: bool = True,
    l2_normalize: bool = False,
    expand_percentage: int = 0,
    normalization: str = "base",
    anti_spoofing: bool = False,
    database_type: str = "postgres",
    connection_details: Details | None = None,
    connection: Any = None,
    *,
    strict: bool = False,
    allow_urls: bool = False,
) -> dict[str, Any]:
    """Adds everybody in a picture to a database, all or none.

    Args:
        img: a picture, or many.
        img_name: what it is called there; `None` is the name of its file.
        model_name: see `mien.compat.names`; a database has templates of one network.
        detector_backend: likewise.
        enforce_detection: whether a picture without a face is an error; where it is not, it adds nobody.
        align: of no effect, faces are always turned upright.
        l2_normalize: of no effect, embeddings have length 1.
        expand_percentage: of no effect, boxes are not kept.
        normalization: of no effect, our networks scale their input themselves.
        anti_spoofing: refused.
        database_type: `postgres`, `pgvector` (the same here) or `sqlite`.
        connection_details: where it is; `None` for what the variable `DEEPFACE_POSTGRES_URI` or `DEEPFACE_SQLITE_PATH`
            says.
        connection: refused.
        strict: whether to refuse models and detectors that we don't have.
        allow_urls: whether a web address is fetched.

    Returns:
        `inserted`: how many were added; a face that is there already is not.

    Raises:
        InputError: an argument cannot be used.
        NoFaceError: there is no face, and `enforce_detection` is on.
        GalleryError: the database cannot be used.
    """
    options = FaceOptions(
        detector_backend=detector_backend,
        enforce_detection=enforce_detection,
        align=align,
        expand_percentage=expand_percentage,
        normalization=normalization,
        anti_spoofing=anti_spoofing,
        strict=strict,
        allow_urls=allow_urls,
    )
    note_alignment(options)
    model = ModelId.of(names.network(model_name, strict=strict))
    pictures, _ = split(img)
    with open_store(database_type, connection_details, connection, create=True) as store:
        check_model(store, model)
        templates = [template for picture in pictures for template in _templates(picture, img_name, options, model)]
        inserted = 0
        with store.database.writing():
            for template in templates:
                person = store.number_of(template.photo)
                if person is None:
                    person = store.add_person(template.photo)
                elif store.has_template(person, template):
                    continue
                store.add_template(person, template, model)
                inserted += 1
    return {"inserted": inserted}


def build_index(
    model_name: str = "VGG-Face",
    detector_backend: str = "opencv",
    align: bool = True,
    l2_normalize: bool = False,
    database_type: str = "postgres",
    connection: Any = None,
    connection_details: Details | None = None,
    max_neighbors_per_node: int = 32,
    *,
    strict: bool = False,
) -> None:
    """Makes now what the next search of a large database would have to make first; may be called at any time.

    Args:
        model_name: as of `register`.
        detector_backend: likewise.
        align: of no effect.
        l2_normalize: of no effect.
        database_type: as of `register`.
        connection: refused.
        connection_details: as of `register`.
        max_neighbors_per_node: of no effect, the index is of another kind.
        strict: whether to refuse models and detectors that we don't have.

    Raises:
        InputError: an argument cannot be used.
        GalleryError: the database cannot be used.
    """
    names.detector(detector_backend, strict=strict)
    model = ModelId.of(names.network(model_name, strict=strict))
    with open_store(database_type, connection_details, connection, create=False) as store:
        check_model(store, model)
        store.database.prepare()


def _templates(picture: Picture, img_name: str | None, options: FaceOptions, model: ModelId) -> list[NewTemplate]:
    looked = look(picture, ("embedding",), options, network=model.name)
    if not looked.found:
        return []
    assert looked.faces.embedding is not None  # asked for
    name = clean_name(_name_of(picture, looked) if img_name is None else img_name)
    digest = hashlib.sha256(repr(looked.image.shape).encode() + looked.image.tobytes()).hexdigest()
    return [
        NewTemplate(vector=vector, quality=None, photo=name, photo_sha256=digest) for vector in looked.faces.embedding
    ]


def _name_of(picture: Picture, looked: Looked) -> str:
    """The name of its file, or one made of its pixels."""
    name = picture if isinstance(picture, (str, os.PathLike)) else getattr(picture, "name", None)
    if isinstance(name, (str, os.PathLike)) and len(os.fspath(name)) < 1000:
        return printable(PurePath(name).name)
    return f"image-{hashlib.sha256(looked.image.tobytes()).hexdigest()[:12]}"
