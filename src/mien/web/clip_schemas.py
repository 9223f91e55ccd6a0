"""JSON Schemas of what the API answers about clips."""

from __future__ import annotations

from collections.abc import Mapping

from mien.web.schema_parts import UNIT, Schema, array, choice, number, or_null, record, reference, text, whole
from mien.web.video.order import RESULTS


def clip_schemas(face: Mapping[str, Schema]) -> dict[str, Schema]:
    """By name.

    Args:
        face: the members of a face, which people in a clip have too.
    """
    return {
        "Clip": _clip(),
        "ClipResult": record(
            {
                "version": text("Mien's."),
                "name": text("As the client gave it.", optional=True),
                "attributes": array(text("Its name."), "What was computed."),
                "detector": text("What found the faces."),
                "width": whole("Pixels, set upright.", optional=True),
                "height": whole("Pixels, set upright.", optional=True),
                "fps": number("Frames a second, as the file states it.", optional=True),
                "frames": whole("Looked at."),
                "duration_s": number("Looked at, in seconds.", 0),
                "remarks": array(text("A sentence."), "What was lived with: damage, or that the clip was cut."),
                "people": array(reference("ClipPerson"), "In the order in which they came."),
            },
            "What is in people.json.",
        ),
        "ClipPerson": record(
            {**face, **_presence()},
            "A person in a clip: what all looks at the face tell; box, keypoints, landmarks and expression are "
            "those of the last one.",
        ),
    }


def _clip() -> Schema:
    return record(
        {
            "id": text("That nobody guesses."),
            "name": text("As the client gave it.", optional=True),
            "status": choice(("waiting", "working", "done", "failed")),
            "before": whole("Clips that are looked at first."),
            "progress": record(
                {
                    "share": number("Of the clip; null where its length is not known.", *UNIT, optional=True),
                    "time_s": number("Looked at, in seconds.", 0),
                    "duration_s": number("Of the clip, as it states it.", 0, optional=True),
                    "frames": whole("Looked at."),
                    "people": whole("Seen so far."),
                },
                "How far it is.",
            ),
            "problem": or_null(
                record(
                    {"got": text("What came."), "remedy": text("What to do.")}, "Why it failed; null where it did not."
                )
            ),
            "results": record(
                {name: text(told) for name, told in RESULTS.items()}, "Paths, once done.", optional=[*RESULTS]
            ),
            "kept_s": number("It is deleted when nobody asks for it for so many seconds.", 0),
        },
        "A clip that was sent.",
    )


def _presence() -> dict[str, Schema]:
    from mien.live.track import TrackState
    from mien.vocabulary import EMOTIONS

    return {
        "state": choice([state.value for state in TrackState], "confirmed, or coasting where the face was hidden."),
        "first_s": number("First in view, in seconds of the clip."),
        "began_s": number("When the last stay began."),
        "last_s": number("Last in view."),
        "seen_s": number("In view, absences left out.", 0),
        "attention_s": number("Of that, facing the camera; null without pose.", 0, optional=True),
        "visits": whole("1, and one more for every return."),
        "settled": {"type": "boolean", "description": "Whether more frames would hardly change age, gender and race."},
        "emotion_shares": or_null(
            record({name: number("", *UNIT) for name in EMOTIONS}, "Share of the time; they sum to 1.")
        ),
        "in_view": array(array(number(), size=2), "Stays: from and to, in seconds."),
        "emotion_over_time": or_null(
            record(
                {
                    "time_s": array(number(), "When."),
                    "probabilities": record({name: array(number("", *UNIT)) for name in EMOTIONS}, "At each of these."),
                },
                "Perceived expressions, a few times a second.",
            )
        ),
    }
