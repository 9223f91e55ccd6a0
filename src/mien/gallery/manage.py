"""Changing who somebody is: another name, new notes, two entries made one."""

from __future__ import annotations

from mien.errors import GalleryError
from mien.gallery.names import clean_name, clean_text
from mien.gallery.records import Person
from mien.gallery.store import Store


def rename(store: Store, name_or_id: str, name: str) -> Person:
    """As of `Gallery`."""
    clean = clean_name(name)
    with store.database.writing():
        number, person = store.find(name_or_id)
        if store.number_of(clean) not in (None, number):
            raise GalleryError(
                f"{clean!r} is somebody else's name; if both are one person, merge them: "
                f"`mien gallery merge {person.label!r} {clean!r}`"
            )
        store.rename(number, clean)
        return store.person(number)


def describe(store: Store, name_or_id: str, *, notes: str | None, consent: str | None) -> Person:
    """As of `Gallery`."""
    notes, consent = clean_text("notes", notes), clean_text("consent", consent)
    with store.database.writing():
        number, _ = store.find(name_or_id)
        store.describe(number, notes=notes, consent=consent)
        return store.person(number)


def merge(store: Store, source: str, target: str) -> Person:
    """As of `Gallery`."""
    with store.database.writing():
        (one, gone), (two, kept) = store.find(source), store.find(target)
        if one == two:
            raise GalleryError(f"{source!r} and {target!r} are the same person already")
        store.merge(one, two)
        if kept.name is None and gone.name is not None:
            store.rename(two, gone.name)
        store.describe(
            two,
            notes=gone.notes if kept.notes is None else None,
            consent=gone.consent if kept.consent is None else None,
        )
        return store.person(two)
