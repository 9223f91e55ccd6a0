"""JSON Schemas of what the API answers about people in the gallery, and about pairs of pictures."""

from __future__ import annotations

from collections.abc import Mapping
from typing import get_args

from mien.web.schema_parts import UNIT, Schema, array, choice, number, or_null, record, reference, text, whole


def people_schemas(face: Mapping[str, Schema], image: Mapping[str, Schema]) -> dict[str, Schema]:
    """By name.

    Args:
        face: the members of a face.
        image: the members of what became of a picture.
    """
    model = record({"name": text("Of the network."), "sha256": text("Of its file.")}, "What templates are made by.")
    return {
        "People": record(
            {
                "gallery": text("What it is called."),
                "model": or_null(reference("Model")),
                "people": array(reference("Person"), "By name; those without one at the end."),
            },
            "Everybody in the gallery.",
        ),
        "Model": model,
        "Person": record(
            {
                "id": text("Stays whatever the name becomes."),
                "name": text("Null for somebody whom nobody has named.", optional=True),
                "notes": text("Free text.", optional=True),
                "consent": text("How and when the person agreed.", optional=True),
                "created_at": text("When they were enrolled; ISO 8601, UTC."),
                "templates": whole("How many there are."),
                "crops": whole("For how many of them the face's picture was kept."),
            },
            "Somebody in the gallery.",
        ),
        "PersonWithTemplates": record(
            {"person": reference("Person"), "templates": array(reference("Template"), "In the order of enrolment.")},
            "Somebody, and what they were enrolled from.",
        ),
        "Template": record(
            {
                "number": whole("In the gallery; later ones have higher numbers."),
                "model": reference("Model"),
                "quality": number("Of the face in the picture.", *UNIT, optional=True),
                "photo": text("What the picture was called."),
                "photo_sha256": text("Of the picture's file, or of its pixels."),
                "created_at": text("ISO 8601, UTC."),
                "has_crop": {"type": "boolean", "description": "Whether the face's picture was kept."},
            },
            "One face of a person, without its vector.",
        ),
        "Enrolment": record(
            {
                "person": or_null(reference("Person")),
                "outcomes": array(reference("Outcome"), "In the order in which the pictures were sent."),
            },
            "Who was enrolled, and what became of each picture.",
        ),
        "Outcome": _outcome(),
        "Receipt": record(
            {
                "gallery": text("What it is called."),
                "person_id": text("Whose data it was."),
                "name": text("Likewise.", optional=True),
                "templates": whole("How many were removed."),
                "crops": whole("Likewise."),
                "forgotten_at": text("ISO 8601, UTC."),
                "sha256": text("Over what was removed: the id, then each template's vector and crop."),
                "left": text("Where something may be left all the same; empty where nothing is."),
            },
            "What was removed.",
        ),
        "Found": record(
            {
                "version": text("Mien's."),
                "gallery": text("What it is called."),
                "elapsed_ms": number("From the request's begin to the answer's.", minimum=0),
                "images": array(reference("FoundImage"), "In the order in which they were sent."),
            },
            "Who is in the pictures.",
        ),
        "FoundImage": record(
            {**image, "faces": array(reference("FoundFace"), "The best score first.")}, "What became of one picture."
        ),
        "FoundFace": record({**face, "match": reference("Match")}, "A face, and who it is."),
        "Match": record(
            {
                "identity": text("The name, or the id of somebody without one; null for unknown.", optional=True),
                "decision": reference("Decision"),
                "candidates": array(reference("Candidate"), "The most similar people, also where nobody is named."),
            },
            "What the gallery says of a face.",
        ),
        "Decision": _decision(),
        "Candidate": record(
            {
                "person": text("Id."),
                "name": text("Null for somebody whom nobody has named.", optional=True),
                "similarity": number("Cosine, of the most similar template.", -1, 1),
                "template": whole("Its number."),
            },
            "A person, and how alike they are.",
        ),
        **_verification(),
    }


def _outcome() -> Schema:
    from mien.gallery.enrolment import Status

    return record(
        {
            "photo": text("What the picture is called."),
            "status": choice(get_args(Status), "known: enrolled before; error: it cannot be read."),
            "reason": text("Why it was not enrolled.", optional=True),
        },
        "What became of a picture.",
    )


def _decision() -> Schema:
    from mien.identity.decision import Reason

    return record(
        {
            "person": text("Id of the one named; null for unknown.", optional=True),
            "reason": choice(get_args(Reason), "Why nobody is named."),
            "similarity": number("To the most similar person.", -1, 1, optional=True),
            "threshold": number("That similarity had to reach."),
            "fmr": number("The share of strangers that may be named.", *UNIT),
            "false_match_rate": number(
                "The share of strangers that are so similar to anybody in a gallery of this size.", *UNIT, optional=True
            ),
            "extrapolated": {
                "type": "boolean",
                "description": "Whether the threshold lies beyond the rates that were counted.",
            },
            "probability": number("That both are one, if these two were all there is.", *UNIT, optional=True),
            "second": text("Id of the second person.", optional=True),
            "margin": number("By how much less similar that one is.", minimum=0, optional=True),
            "least_margin": number("That it had to be.", minimum=0, optional=True),
            "gallery_size": whole("Templates compared."),
        },
        "Who a face is, and the evidence.",
    )


def _verification() -> dict[str, Schema]:
    from mien.identity.comparison import Verdict

    verdict = choice(get_args(Verdict), "different only where that is likely; else unsure.")
    rate = number("The share of strangers that are at least so similar.", *UNIT)
    probability = number("That both are one, beforehand as likely as not.", *UNIT, optional=True)
    name = text("As the client gave it.", optional=True)
    return {
        "Verification": record(
            {
                "names": reference("Names"),
                "decision": verdict,
                "similarity": number("Of the most similar pair.", -1, 1),
                "probability": probability,
                "threshold": number("Similarity from which on a pair is the same."),
                "fmr": number("False-match rate that the threshold stands for, for one pair.", *UNIT),
                "fmr_of_any": number("The chance that some pair matches though all are strangers.", *UNIT),
                "extrapolated": {
                    "type": "boolean",
                    "description": "Whether that rate lies beyond those that were counted.",
                },
                "embedding": text("Name of the network."),
                "pairs": array(reference("FacePair"), "The most similar first."),
                "a": array(reference("Face"), "Of the first picture."),
                "b": array(reference("Face"), "Of the second."),
            },
            "Whether two pictures show one person.",
        ),
        "Names": record({"a": name, "b": name}, "Of the two pictures."),
        "FacePair": record(
            {
                "a": whole("Place of the face in the first picture's."),
                "b": whole("Place in the second's."),
                "similarity": number("Cosine.", -1, 1),
                "fmr": rate,
                "probability": probability,
                "decision": verdict,
                "warnings": array(text("Such as a: blurred."), "What is wrong with the faces."),
            },
            "A face of the first picture and one of the second.",
        ),
    }
