"""How the figures of a report were made, what they mean, and what they cannot tell."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from typing import Final

from mien.audience.audience import Audience
from mien.audience.measures import DEFINITIONS, LEAST_LOOK_S
from mien.audience.report import words
from mien.face_measures import FACING_DEG
from mien.live.attendance import LOOKS_FROM, LOOKS_UNTIL
from mien.page.document import table

_MANY: Final = 0.2  # of people whose pose was not read, so that it has to be told


def notes(audience: Audience) -> list[str]:
    """What a reader has to know first."""
    told = []
    sessions = audience.sessions
    if any(session.state == "running" for session in sessions):
        told.append("Somebody is watching still: the figures are those of the moment at which the report was made.")
    if killed := [session for session in sessions if session.state == "killed"]:
        told.append(
            f"{_several(len(killed), 'session was', 'sessions were')} ended by a power cut or a kill; the last second "
            "of each may be missing."
        )
    if steps := sum(session.clock_steps for session in sessions):
        told.append(
            f"The computer's clock was set {_several(steps, 'time', 'times')} while it watched: hours before that are "
            "told by the time that it had."
        )
    if lost := sum(session.lost_samples for session in sessions):
        told.append(f"{lost:,} seconds of people could not be written to the store and are missing from expressions.")
    everyone = audience.everyone
    if everyone.visits and everyone.read is not None and everyone.read < (1 - _MANY) * everyone.visits:
        told.append(
            f"The head pose of {1 - everyone.read / everyone.visits:.0%} of the people could not be read; whether they "
            "looked is not known, and they are left out of the conversion ratio."
        )
    if everyone.visits is None:
        told.append(f"Fewer than {audience.least} people were in view, so that hardly anything is told of them.")
    if len({session.mien_version for session in sessions}) > 1 or len({s.networks for s in sessions}) > 1:
        told.append(
            "Sessions were watched by different versions of the networks; differences between them may be theirs."
        )
    return told


def method(audience: Audience) -> str:
    """The section."""
    definitions = "".join(f"<dt>{name}</dt><dd>{escape(text)}</dd>" for name, text in DEFINITIONS.items())
    return (
        '<section id="method"><h2>Method and limits</h2><div class="pair even"><div><h3>What the words mean</h3>'
        f"<dl>{definitions}</dl></div><div><h3>How it was measured</h3><ul>{_items(_how(audience))}</ul>"
        f"<h3>What the figures cannot tell</h3><ul>{_items(_limits(audience))}</ul></div></div>"
        f"{_sessions(audience)}</section>"
    )


def _how(audience: Audience) -> list[str]:
    zero, one = FACING_DEG
    begins, ends = (zero - (zero - one) * limit for limit in (LOOKS_FROM, LOOKS_UNTIL))
    return_s = sorted({session.return_s for session in audience.sessions})
    told = [
        f"Somebody looks from the moment that the head is within {begins:g}° of the camera until it is more than "
        f"{ends:g}° away; looks of less than {LEAST_LOOK_S:g} s in all do not count. The screen is taken to be where "
        "the camera is. Where the eyes look is not measured.",
        f"Who is out of view for {' or '.join(f'{seconds:g}' for seconds in return_s)} s or less goes on with the "
        "same visit.",
        "Age, gender and expression are what a face looks like to networks that were trained on people's judgements, "
        "put together over the whole visit. Where these are not sure enough, or could not read the face, the person "
        "counts as unsure and is not guessed.",
        "Intervals hold with 95 % confidence for people like these at times like these: Wilson's for shares of people; "
        "for means and shares of time the bootstrap over people, or its limit where people are many.",
        f"Figures of fewer than {audience.least} people are hidden, and others from which they would follow.",
        f"Times are those of {escape(audience.zone) if audience.zone else 'the computer that made the report'}.",
    ]
    if audience.unique is not None:
        told.insert(2, _about_unique(audience))
    return told


def _about_unique(audience: Audience) -> str:
    revisit_s = sorted({session.revisit_s for session in audience.sessions if session.revisit_s is not None})
    after = " or ".join(words.hours(seconds) for seconds in revisit_s)
    return (
        f"Unique visitors are estimated: embeddings of faces are kept in memory for {after} after a person was last in "
        "view, and never stored; nobody in view together is the same person. The interval takes into account how well "
        "the network tells people apart here, from the halves of visits and from people in view together. Who comes "
        "back later than that, or to another camera, counts anew."
    )


def _limits(audience: Audience) -> list[str]:
    told = [
        "Only faces are counted. People who never turn toward the camera are not in the opportunities to see, so that "
        "conversion ratios are higher than those of systems that count bodies.",
        "Faces that are small, dark, hidden or turned away are missed, and more of them in a crowd.",
        "Apparent age and gender are not a person's age and gender, and an expression is not a feeling. The networks "
        "err more for some groups than for others: <code>mien models show NAME</code> and <code>mien audit</code> tell "
        "for whom.",
        "The figures describe who was in view, and not why. A difference between hours or groups may have other causes "
        "than what was on the screen.",
    ]
    if len(audience.sources) > 1:
        told.append("People who pass several cameras are counted by each.")
    return told


def _sessions(audience: Audience) -> str:
    rows = [
        f'<tr><th scope="row">{escape(session.source)}</th>{_texts(f"{words.day(began)}, {began:%H:%M}")}'
        f"{_texts(session.state, session.mien_version, ', '.join(session.networks) or '–')}</tr>"
        for session, began in zip(audience.sessions, audience.session_times, strict=True)
    ]
    shown = table(("source", "time", "state", "Mien", "networks"), rows, left=(1, 2, 3, 4), label="Sessions")
    return f"<details><summary>{_several(len(rows), 'session', 'sessions')}</summary>{shown}</details>"


def _texts(*texts: str) -> str:
    return "".join(f'<td class="left">{escape(text)}</td>' for text in texts)


def _items(texts: Iterable[str]) -> str:
    return "".join(f"<li>{text}</li>" for text in texts)


def _several(number: int, one: str, many: str) -> str:
    return f"{number:,} {one if number == 1 else many}"
