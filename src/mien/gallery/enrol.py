"""Adding templates to a gallery: copies, and second names for one face, are found out first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from mien.gallery.enrolment import Outcome, Rules
from mien.gallery.records import ModelId, NewTemplate
from mien.gallery.store import Store
from mien.identity.calibration import Calibration
from mien.identity.decision import rate_of_any

NEAR_DUPLICATE: Final = 0.95
"""Similarity of a photo and its copy: half of the copies that were compressed again or made smaller have 0.97."""
LOOKALIKE_FMR: Final = 0.001
"""Where fewer strangers than this are as alike anybody in the gallery, two names for one face are suspected."""
_NEIGHBOURS: Final = 16  # the nearest templates, among which copies and lookalikes must be


@dataclass(frozen=True, kw_only=True)
class Newcomer:
    """Whom the templates are of.

    Attributes:
        name: clean; of somebody who may be in the gallery already; `None` for somebody whom nobody has named.
        notes: free text.
        consent: how and when they agreed.
    """

    name: str | None
    notes: str | None = None
    consent: str | None = None


@dataclass(frozen=True, kw_only=True)
class Enroller:
    """Adds templates; inside `store.database.writing()`.

    Attributes:
        store: of the gallery.
        model: that the templates are of.
        calibration: of that model.
        rules: what is enrolled.
    """

    store: Store
    model: ModelId
    calibration: Calibration
    rules: Rules

    def add(self, person: Newcomer, looked: Sequence[Outcome | NewTemplate]) -> tuple[int | None, list[Outcome]]:
        """Adds what passes.

        Args:
            person: whom the photos show.
            looked: what became of them so far.

        Returns:
            The person's number, `None` where nothing was added for somebody new; and what became of each photo.

        Raises:
            OtherModelError: the gallery's templates are of another network.
        """
        owner = None if person.name is None else self.store.number_of(person.name)
        accepted: list[NewTemplate] = []
        outcomes = []
        for one in looked:
            if isinstance(one, Outcome):
                outcomes.append(one)
            elif outcome := self._objection(one, owner, accepted):
                outcomes.append(outcome)
            else:
                accepted.append(one)
                outcomes.append(Outcome(photo=one.photo, status="enrolled"))
        # Written only now: what the templates are compared with is never something that may be taken back.
        if owner is not None:
            self.store.describe(owner, notes=person.notes, consent=person.consent)
        elif accepted:
            owner = self.store.add_person(person.name, notes=person.notes, consent=person.consent)
        if owner is not None:
            for template in accepted:
                self.store.add_template(owner, template, self.model)
        return owner, outcomes

    def known(self, photo: str, sha256: str, owner: int | None) -> Outcome | None:
        """What there is to say of a photo that the person is enrolled from already; `None` of any other."""
        if owner is None or owner not in self.store.owners_of_photo(sha256):
            return None
        return Outcome(photo=photo, status="known", reason="enrolled already")

    def _objection(self, template: NewTemplate, owner: int | None, accepted: Sequence[NewTemplate]) -> Outcome | None:
        photo = template.photo
        if known := self.known(photo, template.photo_sha256, owner):
            return known
        for other in accepted:
            if (similarity := float(template.vector @ other.vector)) >= NEAR_DUPLICATE:
                return _refused(photo, f"nearly the same picture as {other.photo} (similarity {similarity:.3f})")
        nearest = self.store.database.nearest(template.vector, _NEIGHBOURS)
        own = [neighbour for neighbour in nearest.neighbours if neighbour.person == owner]
        if own and own[0].similarity >= NEAR_DUPLICATE:
            return _refused(photo, f"nearly the same picture as one enrolled (similarity {own[0].similarity:.3f})")
        others = [neighbour for neighbour in nearest.neighbours if neighbour.person != owner]
        if (
            others
            and others[0].similarity >= NEAR_DUPLICATE
            and others[0].person in self.store.owners_of_photo(template.photo_sha256)
        ):
            label = self._label(others[0].person)
            return _refused(photo, f"the same photo is enrolled as {label}; one face, one name")
        if others and not self.rules.allow_lookalikes and (not own or own[0].similarity < others[0].similarity):
            rate = rate_of_any(self.calibration.fmr(others[0].similarity), nearest.compared)
            if rate < LOOKALIKE_FMR:
                return _refused(
                    photo,
                    f"looks like {self._label(others[0].person)} (similarity {others[0].similarity:.3f}, as one in "
                    f"{1 / rate:,.0f} strangers would); use that name, or --allow-lookalikes",
                )
        return None

    def _label(self, number: int) -> str:
        person_id, name = self.store.labels([number])[number]
        return repr(name) if name else person_id


def _refused(photo: str, reason: str) -> Outcome:
    return Outcome(photo=photo, status="refused", reason=reason)
