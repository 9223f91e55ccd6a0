"""JSON Schemas of what the API answers, made from the same constants as the answers."""

from __future__ import annotations

from collections.abc import Sequence

from mien.web.clip_schemas import clip_schemas
from mien.web.people_schemas import people_schemas
from mien.web.schema_parts import UNIT, Schema, array, choice, number, or_null, record, reference, text, whole


def schemas() -> dict[str, Schema]:
    """By name; `reference(name)` points to one."""
    from mien.profiles import ATTRIBUTES
    from mien.vocabulary import EMOTIONS, GENDERS, RACES

    face, image = _face(), _image()
    return {
        "Answer": record(
            {
                "version": text("Mien's."),
                "attributes": array(choice(ATTRIBUTES), "What was computed."),
                "detector": text("What found the faces."),
                "elapsed_ms": number("From the request's begin to the answer's.", minimum=0),
                "images": array(reference("Image"), "In the order in which they were sent."),
            },
            "What became of the pictures.",
        ),
        "Image": image,
        "Face": face,
        "Age": record(
            {
                "years": number("Apparent age."),
                "interval": array(number(), "Years, low and high.", size=2, optional=True),
                "coverage": number("How often the true age lies inside, as measured.", *UNIT, optional=True),
                "group": choice(_age_groups(), "Of the years."),
            },
            "Apparent age: what the face looks like, not what a passport says.",
        ),
        "Gender": _distribution(GENDERS, "Perceived gender."),
        "Emotion": _distribution(EMOTIONS, "Perceived expression: what the face shows, not what the person feels."),
        "Race": _distribution(RACES, "Perceived race, in FairFace's seven words."),
        "Quality": record(
            {
                "score": number("0: of no use, 1: nothing against it.", *UNIT),
                "reasons": array(choice(_reasons()), "Why it is not better."),
            },
            "How far the face can be relied on.",
        ),
        "Pose": record(
            {
                "yaw": number("Degrees; + is the nose toward image right."),
                "pitch": number("Degrees; + is the nose up."),
                "roll": number("Degrees; + is the head clockwise in the image."),
            },
            "How the head is turned.",
        ),
        "Measures": _measures(),
        "Problem": _problem(),
        **clip_schemas(face["properties"]),
        **people_schemas(face["properties"], image["properties"]),
    }


def _image() -> Schema:
    return record(
        {
            "name": text("As the client gave it.", optional=True),
            "status": choice(("ok", "no_face", "error"), "error: it cannot be read."),
            "reason": text("Why it cannot be read.", optional=True),
            "width": whole("Pixels, set upright by EXIF.", optional=True),
            "height": whole("Pixels, set upright by EXIF.", optional=True),
            "faces": array(reference("Face"), "The best score first."),
        },
        "What became of one picture.",
    )


def _face() -> Schema:
    from mien.profiles import ATTRIBUTES

    point = array(number(), size=2)
    return record(
        {
            "box": array(number(), "Pixels x1 y1 x2 y2; x2 and y2 exclusive; may reach beyond the picture.", size=4),
            "score": number("Of the detector.", *UNIT),
            "keypoints": array(
                point, "Image-left eye, image-right eye, nose tip, mouth corners; pixels.", size=5, optional=True
            ),
            "track_id": whole("Of a person in a video; null in pictures.", optional=True),
            **{
                name: or_null(reference(name.capitalize()))
                for name in ("quality", "age", "gender", "emotion", "race", "pose")
            },
            "landmarks": array(array(number(), size=3), "MediaPipe's 478; pixels.", size=478, optional=True),
            "embedding": array(number(), "Of length 1.", optional=True),
            "identity": text("Name in a gallery.", optional=True),
            "measures": or_null(reference("Measures")),
            "unsure": array(choice((*ATTRIBUTES, "identity")), "Attributes not to be relied on here."),
        },
        "A person. What was not asked for, or not computed, is null.",
    )


def _measures() -> Schema:
    from mien.face_measures import Measures

    told = {
        "eyes_open": "Mean of both eyes; 0 closed.",
        "left_eye_open": "The image-left eye.",
        "right_eye_open": "The image-right eye.",
        "mouth_open": "0 closed.",
        "smile": "By the shape of the mouth.",
        "facing": "1: the head is toward the camera.",
    }
    return record(
        {name: number(told[name], *UNIT, optional=True) for name in Measures._fields},
        "Of landmarks and pose.",
    )


def _problem() -> Schema:
    return record(
        {
            "type": text("Always about:blank."),
            "title": text("The status in words."),
            "status": whole("The same as the response's."),
            "detail": text("What came and what was wanted."),
            "got": text("What came."),
            "wanted": text("What was wanted.", optional=True),
            "remedy": text("What to do."),
            "images": array(reference("Image"), "Where no picture could be read: the reason of each."),
            "person": or_null(reference("Person")),
            "outcomes": array(reference("Outcome"), "Where no picture could be enrolled: the reason of each."),
        },
        "What went wrong (RFC 9457).",
        optional=("images", "person", "outcomes"),
    )


def _distribution(labels: Sequence[str], description: str) -> Schema:
    return record(
        {
            "label": choice((*labels, "unsure"), "The most probable, or unsure where it is not to be relied on."),
            "probabilities": record({label: number("", *UNIT) for label in labels}, "They sum to 1."),
        },
        description,
    )


def _age_groups() -> Sequence[str]:
    from mien.vocabulary import AGE_GROUPS

    return AGE_GROUPS


def _reasons() -> Sequence[str]:
    from mien.quality import REASONS

    return REASONS
