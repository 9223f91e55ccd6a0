"""`Visit`: a person's stay in view, as far as it has gone."""

from __future__ import annotations

from typing import Any, Final

from mien.audience.sample import Sample
from mien.audience.spans import spans
from mien.audience.visitors import UNKNOWN
from mien.live.person import Person
from mien.vocabulary import EMOTIONS, GENDERS, RACES

KEPT_S: Final = 60
"""Seconds of a stay that are kept for the case that it turns out to be part of another one."""


class Visit:
    """One stay; changed with every frame.

    Args:
        person: in the first frame.
        began_at: when the stay began, in seconds since 1970.

    Attributes:
        person: as last in view.
        samples: second since 1970 → what it adds up to; the last `KEPT_S` of them.
    """

    def __init__(self, person: Person, began_at: float) -> None:
        self.person = person
        self.samples: dict[int, Sample] = {}
        self._began_at = began_at
        self._began_s = person.presence.first_s
        self._seen_s = 0.0  # of all frames so far
        self._attention_s = 0.0

    @property
    def last_s(self) -> float:
        """When the person was last in view, on the clock of the frames."""
        return self.person.presence.last_s

    def see(self, person: Person) -> list[int]:
        """Takes in the next frame; the seconds whose samples have changed."""
        presence, before_s = person.presence, self.last_s if self.samples else self._began_s
        # No more than went by: the counts may have taken in what was never told of as another person.
        passed_s = min(max(0.0, presence.seen_s - self._seen_s), presence.last_s - before_s)
        attention_s = None
        if presence.attention_s is not None:
            attention_s = min(max(0.0, presence.attention_s - self._attention_s), passed_s)
        end = self._began_at + presence.last_s - self._began_s
        changed = []
        for second, part_s in spans(end - passed_s, end):
            sample = self.samples.get(second)
            if sample is None:
                sample = self.samples[second] = Sample()
            share = part_s / passed_s if passed_s else 1.0
            sample.pass_by(part_s, None if attention_s is None else attention_s * share)
            changed.append(second)
        self.samples[changed[-1]].look(person)
        self.person = person
        self._seen_s, self._attention_s = presence.seen_s, presence.attention_s or 0.0
        for second in [second for second in self.samples if second < changed[-1] - KEPT_S]:
            del self.samples[second]
        return changed

    def absorb(self, later: Visit) -> list[int]:
        """Takes in a stay that turns out to be of the same person; the seconds whose samples have changed."""
        for second, sample in later.samples.items():
            if second in self.samples:
                self.samples[second].absorb(sample)
            else:
                self.samples[second] = sample
        # What the person's own counts have taken in with it is no time that has passed.
        self._seen_s += later._seen_s
        self._attention_s += later._attention_s
        return list(later.samples)

    def row(self, *, ended: bool) -> dict[str, Any]:
        """Column of `schema.visits` → value, without the session; who the visitor is is not known yet."""
        person, presence = self.person, self.person.presence
        low, high = person.age_interval or (None, None)
        columns: dict[str, Any] = {
            "track_id": person.track_id,
            "began_at": self._began_at,
            "last_at": self._began_at + presence.last_s - self._began_s,
            "ended": ended,
            "seen_s": presence.seen_s,
            "attention_s": presence.attention_s,
            "returns": presence.visits - 1,
            "settled": presence.settled,
            "quality": person.quality,
            "age": person.age,
            "age_low": low,
            "age_high": high,
            "age_group": "unsure" if "age" in person.unsure else person.age_group,
        }
        for name, labels in (("gender", GENDERS), ("race", RACES)):
            value = getattr(person, name)
            columns[name] = None if value is None else value.label
            columns |= {f"{name}_{label}": None if value is None else value.probabilities[label] for label in labels}
        shares = person.emotion_shares
        columns |= {f"emotion_{label}": None if shares is None else shares[label] for label in EMOTIONS}
        columns |= UNKNOWN
        return {name: round(value, 4) if isinstance(value, float) else value for name, value in columns.items()}
