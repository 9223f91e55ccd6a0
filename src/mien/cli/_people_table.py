"""People in view as a table on a terminal, updated in place, and all who were seen as one at the end."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from types import TracebackType
from typing import Final, Self

from rich.console import Console, Group
from rich.live import Live
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from mien.cli._table import CELLS
from mien.live.event import Event
from mien.live.figures import LiveFigures
from mien.live.person import Person
from mien.live.watched_frame import WatchedFrame

REFRESH_S: Final = 0.1  # faster is not readable
MOST_PEOPLE: Final = 200  # of the table at the end; the events are for those who want all


class PeopleTable:
    """Who is in view, on standard error if that is a terminal; otherwise only what befalls the camera is told there.

    Args:
        shown: whether it is wanted.
    """

    def __init__(self, *, shown: bool) -> None:
        self._console = Console(stderr=True, soft_wrap=True)
        self._live: Live | None = None
        if shown and self._console.is_terminal:
            self._live = Live(
                console=self._console, auto_refresh=False, transient=True, redirect_stdout=False, redirect_stderr=False
            )
        self._shown_s = 0.0

    def show(self, frame: WatchedFrame) -> None:
        """The people in this frame; at most some ten times a second."""
        if self._live is None or time.monotonic() - self._shown_s < REFRESH_S:
            return
        self._shown_s = time.monotonic()
        status = Text(f"{frame.time_s:.1f} s · {figures_line(frame.stats)}", style="dim")
        self._live.update(Group(people_table(frame.people, "emotion"), status), refresh=True)

    def tell(self, events: Iterable[Event]) -> None:
        """What befalls the camera, above the table."""
        for event in events:
            if event.person is None:
                self._console.print(Text(str(event.details["detail"])))

    def __enter__(self) -> Self:
        if self._live is not None:
            self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._live is not None:
            self._live.stop()


class PeopleSeen:
    """Everybody who left, as last known."""

    def __init__(self) -> None:
        self._people: dict[int, Person] = {}
        self._order: deque[int] = deque()
        self.count = 0

    def note(self, events: Iterable[Event]) -> None:
        """Takes in events of a stream; someone who comes back is one person."""
        for event in events:
            if event.person is None:
                continue
            if event.kind == "appeared" and not event.details["returned"]:
                self.count += 1
            elif event.kind == "merged":
                self.count -= 1
            elif event.kind == "left":
                self._keep(event.person)

    def table(self) -> Table:
        """One row a person, in the order they came; those long ago are left out where there are too many."""
        people = sorted(self._people.values(), key=lambda person: (person.presence.first_s, person.track_id))
        table = people_table(people, "mostly")
        if self.count > len(people):
            table.caption = f"the last {len(people)} of {self.count} people; --json FILE has all"
        return table

    def _keep(self, person: Person) -> None:
        if person.track_id not in self._people:
            self._order.append(person.track_id)
        self._people[person.track_id] = person
        if len(self._order) > MOST_PEOPLE:
            del self._people[self._order.popleft()]


def people_table(people: Sequence[Person], last: str) -> Table:
    """One row a person; columns without values are left out.

    Args:
        people: in order.
        last: the last column: `emotion`, that of now, or `mostly`, the one of the greatest share of time.
    """
    titles = ("who", "in view", "attention", *_LASTING, last)
    cells = {title: _CELLS[title] for title in titles if any(_CELLS[title](person) is not None for person in people)}
    table = Table("#", *cells)
    for person in people:
        table.add_row(str(person.track_id), *(cell(person) for cell in cells.values()))
    return table


def figures_line(figures: LiveFigures) -> str:
    """How it goes, in a line."""
    parts = [f"{figures.processed} frames", f"{figures.processed_fps:.1f} frames/s"]
    if figures.latency_p95_ms is not None:
        parts.append(f"latency {figures.latency_p50_ms:.0f} ms, p95 {figures.latency_p95_ms:.0f} ms")
    if figures.dropped or figures.skipped:
        parts.append(f"{figures.dropped + figures.skipped} dropped")
    return " · ".join(parts)


def _mostly(person: Person) -> str | None:
    shares = person.emotion_shares
    if shares is None:
        return None
    label = max(shares, key=shares.__getitem__)
    return f"{label} {shares[label] * 100:.0f} %"


def _who(person: Person) -> str | None:
    if person.who is None:
        return None
    similarity = None if person.match is None else person.match.decision.similarity
    return escape(person.who) + ("" if similarity is None else f" {similarity:.2f}")


_LASTING: Final = ("age", "gender", "race")
_CELLS: Final[Mapping[str, Callable[[Person], str | None]]] = {
    "who": _who,
    "in view": lambda person: f"{person.seen_s:.1f} s",
    "attention": lambda person: None if person.attention_s is None else f"{person.attention_s:.1f} s",
    **CELLS,
    "mostly": _mostly,
}
