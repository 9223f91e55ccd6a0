"""`read_object`: a request's body that is a JSON object with members of known names."""

from __future__ import annotations

import json
from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

from mien.web.problems import Problem


def read_object(body: bytes, *, members: Sequence[str], example: str, lacks: str = "an object") -> dict[str, Any]:
    """Its members.

    Args:
        body: as it came.
        members: that there may be.
        example: of what is wanted.
        lacks: what JSON that is no object is told to be without.

    Raises:
        Problem: 400 or 422, it is none.
    """
    try:
        found = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise Problem(
            HTTPStatus.BAD_REQUEST,
            got=f"a body that is not JSON ({error})"[:200],
            wanted=example,
            remedy="see /api for an example",
        ) from error
    if not isinstance(found, dict):
        raise Problem(
            HTTPStatus.UNPROCESSABLE_ENTITY,
            got=f"JSON without {lacks}",
            wanted=example,
            remedy="see /api for an example",
        )
    if strange := [name for name in found if name not in members]:
        raise Problem(
            HTTPStatus.UNPROCESSABLE_ENTITY,
            got=f"JSON with the member {strange[0][:100]!r}",
            wanted=f"only {', '.join(members)}",
            remedy="leave it out",
        )
    return found
