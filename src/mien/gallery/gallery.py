"""`Gallery`: people enrolled from photos, and whether a face is one of them."""

from __future__ import annotations

import functools
import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, Final, Self

import numpy as np
from numpy.typing import NDArray

from mien.gallery import manage, parquet_file
from mien.gallery.enrol import Enroller, Newcomer
from mien.gallery.enrolment import Enrolment, Outcome, Rules
from mien.gallery.face_reader import FaceReader
from mien.gallery.forget import Receipt, forget
from mien.gallery.grouping import FMR as GROUP_FMR
from mien.gallery.grouping import GroupedFace, Groups, group_photos
from mien.gallery.import_people import Imported, import_people
from mien.gallery.look import look_at
from mien.gallery.names import clean_name, clean_text
from mien.gallery.photos import Photo, PhotoSource, file_sha256, photos_of
from mien.gallery.place import open_database
from mien.gallery.re_embed import ReEmbedded, re_embed
from mien.gallery.records import Crop, ModelId, NewTemplate, Person, Template
from mien.gallery.search import TOP, Found, Match, match, names
from mien.gallery.store import Store, check_model
from mien.identity.calibration import Calibration, default_calibration
from mien.identity.decision import FPIR
from mien.identity.similarity import similarities
from mien.media.images import ImageLimits, ImageSource, read_image
from mien.models.embedding import DIMENSIONS, NAME
from mien.models.session import Threads

DEFAULT_RULES: Final = Rules()


class Gallery:
    """People in an SQLite file or a PostgreSQL database. May be used from many threads, and by many processes at once.

        people = mien.Gallery("people.db")
        people.enrol("Ada", "photos/ada/")
        found = people.search("party.jpg")
        found.faces.identity  # ("Ada", None)

    Args:
        place: a path, or `postgresql://user:password@host/name`.
        embedding: name of the network; `None` for the one that the gallery's templates are of, and the default one
            for a new gallery.
        create: whether a gallery that is not there is made.
        calibration: to be used instead of the stored one.
        detector: as of `mien.Profiler`.
        threads: likewise.
        limits: likewise.

    Raises:
        GalleryError: it is not there, cannot be opened, or is damaged.
        UnknownNameError: there is no such embedding.
        ModelError: `calibration` is of another network.
        MissingExtraError: it is on a server, and psycopg is not installed.
    """

    def __init__(
        self,
        place: str | os.PathLike[str],
        *,
        embedding: str | None = None,
        create: bool = True,
        calibration: Calibration | None = None,
        detector: str = "yunet",
        threads: Threads | None = None,
        limits: ImageLimits | None = None,
    ) -> None:
        self.store = Store(open_database(place, create=create))
        own = self.store.model()
        name = embedding or (own.name if own is not None else NAME)
        self._reader = FaceReader(name, detector=detector, threads=threads, limits=limits)
        self._calibration = calibration
        if calibration is not None:
            calibration.check_model(self.model.name, self.model.sha256)

    @property
    def place(self) -> str:
        """Where it is, without a password."""
        return self.store.database.place

    @property
    def model(self) -> ModelId:
        """The network that it is used with; its templates are of the same, or searching is refused."""
        return self._reader.model

    @property
    def calibration(self) -> Calibration:
        """Of that network: the one given, or else that was stored, or else its card's.

        Raises:
            ModelError: what was stored cannot be read, or the card has none.
        """
        if self._calibration is not None:
            return self._calibration
        text = self.store.calibration()
        return _default(self.model.name) if text is None else _parsed(text)

    def set_calibration(self, calibration: Calibration) -> None:
        """Keep a calibration in the gallery, for all who search it.

        Raises:
            ModelError: it is of another network.
            GalleryError: it cannot be written.
        """
        calibration.check_model(self.model.name, self.model.sha256)
        self.store.set_calibration(calibration.to_json())

    # Enrolment

    def enrol(
        self,
        name: str,
        photos: PhotoSource | Iterable[PhotoSource],
        *,
        consent: str | None = None,
        notes: str | None = None,
        rules: Rules = DEFAULT_RULES,
        progress: Callable[[], None] | None = None,
    ) -> Enrolment:
        """Adds templates for a person, new or known, all in one step: a crash leaves all of them or none.

        Args:
            name: any text of up to 200 characters that can be shown; letter case makes no other person.
            photos: pictures with that person alone: paths, folders, or what else `mien.read_image` takes.
            consent: how and when the person agreed.
            notes: free text.
            rules: what is enrolled.
            progress: called after each photo.

        Returns:
            The person, and what became of every photo.

        Raises:
            InputError: `name`, `consent` or `notes` cannot be used.
            ImageError: a folder has no pictures, or a path is not there.
            OtherModelError: the gallery's templates are of another network.
            GalleryUnavailableError: the gallery cannot be written; nothing was added.
        """
        person = Newcomer(
            name=clean_name(name), notes=clean_text("notes", notes), consent=clean_text("consent", consent)
        )
        self._check_model()
        enroller = Enroller(store=self.store, model=self.model, calibration=self.calibration, rules=rules)
        owner = None if person.name is None else self.store.number_of(person.name)

        def known(photo: Photo) -> Outcome | None:
            digest = file_sha256(photo)
            return None if digest is None else enroller.known(photo.label, digest, owner)

        looked = []
        for one in look_at(photos_of(photos), self._reader, rules, known):
            looked.append(one)
            if progress is not None:
                progress()
        return self.add(person, looked, rules=rules)

    def add(self, person: Newcomer, looked: list[Outcome | NewTemplate], *, rules: Rules = DEFAULT_RULES) -> Enrolment:
        """Adds templates that were made elsewhere, by the same rules.

        Args:
            person: whose they are.
            looked: templates, and what became of photos that gave none.
            rules: what is enrolled.

        Raises:
            OtherModelError: the gallery's templates are of another network.
            GalleryUnavailableError: the gallery cannot be written; nothing was added.
        """
        enroller = Enroller(store=self.store, model=self.model, calibration=self.calibration, rules=rules)
        with self.store.database.writing():
            number, outcomes = enroller.add(person, looked)
            found = None if number is None else self.store.person(number)
        return Enrolment(person=found, outcomes=tuple(outcomes))

    # Search

    def search(self, photo: ImageSource, *, top: int = TOP, fmr: float = FPIR, margin: float | None = None) -> Found:
        """Who everybody in a picture is.

        Args:
            photo: as `mien.read_image` takes it.
            top: how many people are told as evidence for each face.
            fmr: the share of strangers that may be named, whatever the gallery's size.
            margin: by how much less similar the second person must be; `None` leaves that to the calibration.

        Raises:
            ImageError: the picture cannot be read.
            OtherModelError: the gallery's templates are of another network.
            InputError: a number is out of range, or the gallery is too large for that `fmr`.
        """
        image = read_image(photo, limits=self._reader.limits)
        self._check_model()
        faces = self._reader.faces(image)
        assert faces.embedding is not None  # the reader asks for it
        matches = self.search_embeddings(faces.embedding, quality=faces.quality, top=top, fmr=fmr, margin=margin)
        return Found(faces=faces.replace(identity=names(matches)), matches=matches)

    def search_embeddings(
        self,
        embeddings: NDArray[Any],
        *,
        quality: NDArray[Any] | None = None,
        top: int = TOP,
        fmr: float = FPIR,
        margin: float | None = None,
    ) -> tuple[Match, ...]:
        """Who faces are that were embedded elsewhere, by the network `model`.

        Args:
            embeddings: (n, d) with L2 norm 1.
            quality: (n,) of the faces.
            top: as of `search`.
            fmr: likewise.
            margin: likewise.

        Raises:
            ShapeError: these are no embeddings.
            OtherModelError: the gallery's templates are of another network.
            InputError: a number is out of range, or the gallery is too large for that `fmr`.
        """
        similarities(embeddings, np.empty((0, DIMENSIONS)))  # refuses what are none
        self._check_model()
        calibration = self.calibration
        return tuple(
            match(
                np.asarray(embedding, np.float32),
                self.store,
                calibration,
                quality=None if quality is None else float(quality[place]),
                top=top,
                fmr=fmr,
                margin=margin,
            )
            for place, embedding in enumerate(embeddings)
        )

    # People nobody has named

    def group(
        self,
        photos: PhotoSource | Iterable[PhotoSource],
        *,
        fmr: float = GROUP_FMR,
        rules: Rules = DEFAULT_RULES,
        progress: Callable[[], None] | None = None,
    ) -> Groups:
        """Groups the faces of photos that the gallery does not know, each group one person.

        Args:
            photos: paths, folders, or what else `mien.read_image` takes; two faces in one photo are two people.
            fmr: the share of strangers that the mean similarity inside a group may stand for.
            rules: how good a face must be, and whether crops are kept where groups are enrolled.
            progress: called after each photo.

        Raises:
            ImageError: a folder has no pictures, or a path is not there.
            OtherModelError: the gallery's templates are of another network.
            InputError: there is no threshold for `fmr`, or too many faces hang together.
        """

        def name(embeddings: NDArray[np.float32], quality: NDArray[np.float32]) -> tuple[Match, ...]:
            return self.search_embeddings(embeddings, quality=quality, top=1)

        found = photos_of(photos)
        return group_photos(found, self._reader, name, self.calibration, fmr=fmr, rules=rules, progress=progress)

    def enrol_group(self, group: list[GroupedFace], *, rules: Rules = DEFAULT_RULES) -> Enrolment:
        """Adds a group as a person without a name, whom `rename` gives one.

        Args:
            group: of `group`.
            rules: what is enrolled.

        Raises:
            OtherModelError: the gallery's templates are of another network.
            GalleryUnavailableError: the gallery cannot be written; nothing was added.
        """
        templates: list[Outcome | NewTemplate] = [face.template for face in group if face.template is not None]
        return self.add(Newcomer(name=None), templates, rules=rules)

    # People

    def people(self) -> list[Person]:
        """Everybody, in the order of the names; those without one at the end."""
        return [person for _, person in self.store.people()]

    def person(self, name_or_id: str) -> Person:
        """Somebody by name, in whatever letter case, or by id.

        Raises:
            UnknownPersonError: there is nobody; the nearest names are told.
        """
        return self.store.find(name_or_id)[1]

    def templates(self, name_or_id: str) -> list[Template]:
        """Those of a person, in the order of enrolment.

        Raises:
            UnknownPersonError: there is nobody of that name or id.
        """
        return self.store.templates_of(self.store.find(name_or_id)[0])

    def crop(self, template: int) -> Crop | None:
        """The picture that was kept of a template's face; `None` where none was."""
        return self.store.crop(template)

    def rename(self, name_or_id: str, name: str) -> Person:
        """Another name for somebody; the id stays.

        Raises:
            UnknownPersonError: there is nobody of that name or id.
            InputError: `name` cannot be used.
            GalleryError: it is somebody else's.
        """
        return manage.rename(self.store, name_or_id, name)

    def describe(self, name_or_id: str, *, notes: str | None = None, consent: str | None = None) -> Person:
        """New notes or consent for somebody; `None` leaves what is there.

        Raises:
            UnknownPersonError: there is nobody of that name or id.
            InputError: a text is too long.
        """
        return manage.describe(self.store, name_or_id, notes=notes, consent=consent)

    def merge(self, source: str, target: str) -> Person:
        """Makes two entries one: all templates of `source` become those of `target`, which keeps its id.

        Name, notes and consent are the target's, and the source's where the target has none.

        Raises:
            UnknownPersonError: there is nobody of that name or id.
            GalleryError: both are the same.
        """
        return manage.merge(self.store, source, target)

    def forget(self, name_or_id: str) -> Receipt:
        """Removes somebody for good: templates, crops, name, notes and consent.

        Raises:
            UnknownPersonError: there is nobody of that name or id.
            OutputError: the search index beside the gallery cannot be written, and still holds the vectors.
        """
        return forget(self.store, name_or_id)

    # The gallery as a whole

    def export(self, path: str | os.PathLike[str]) -> int:
        """Writes all people to a Parquet file and tells how many templates that are.

        Raises:
            OutputError: the file cannot be written.
            MissingExtraError: pyarrow is not installed.
        """
        return parquet_file.write(self.store, Path(path))

    def import_(self, path: str | os.PathLike[str], *, also_forgotten: bool = False) -> Imported:
        """Takes the people of an exported file, all or none; those who are here already stay as they are.

        Args:
            path: of the file.
            also_forgotten: takes people too who were forgotten here.

        Raises:
            DatasetError: the file is no gallery's.
            InputError: a name is another person's here.
            OtherModelError: its templates are of another network.
            MissingExtraError: pyarrow is not installed.
        """
        return import_people(self.store, parquet_file.read(Path(path)), os.fspath(path), also_forgotten=also_forgotten)

    def re_embed(self, embedding: str, *, drop: bool = False, progress: Callable[[], None] | None = None) -> ReEmbedded:
        """Brings the gallery over to another network, from the crops that were kept.

        Args:
            embedding: name of the network.
            drop: removes templates without a crop; else these are an error.
            progress: called after each template.

        Raises:
            UnknownNameError: there is no such network.
            GalleryError: templates without a crop are there and `drop` is not set; nothing was changed.
        """
        done = re_embed(self.store, embedding, drop=drop, threads=self._reader.threads, progress=progress)
        self._reader = self._reader.with_embedding(embedding)
        return done

    def prepare(self) -> None:
        """Does now what the first search would have to: reads the vectors, builds what is not built."""
        self.store.database.prepare()

    def close(self) -> None:
        """Gives files and connections back; the next call opens them again."""
        self.store.database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def _check_model(self) -> None:
        own = self.store.model()
        if own is not None:
            check_model(self.place, own, self.model)


_default = functools.lru_cache(maxsize=8)(default_calibration)
_parsed = functools.lru_cache(maxsize=8)(Calibration.from_json)
