"""Names of people: any script, slashes and emoji included, written one way so that one person has one name."""

from __future__ import annotations

import re
import secrets
import unicodedata
from typing import Final

from mien.errors import InputError

LONGEST_NAME: Final = 200  # characters; the longest full names on record are shorter
LONGEST_TEXT: Final = 10_000  # characters of notes and of consent
_SHOWN: Final = 40  # characters of a refused name in its message
_ID: Final = re.compile(r"p_[0-9a-f]{12}")
# Unicode TR9: they turn the direction of what stands around them, so that one name can look like another.
_TURNING: Final = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def new_id() -> str:
    """An id for a person, which stays whatever the name becomes."""
    return f"p_{secrets.token_hex(6)}"


def is_id(text: str) -> bool:
    """Whether a text is written as ids are."""
    return _ID.fullmatch(text) is not None


def clean_name(name: str) -> str:
    """The name in Unicode's composed form (NFC), spaces at its ends dropped and those inside made one.

    Raises:
        InputError: it is no text, empty, too long, written as an id, or has characters that cannot be shown.

    >>> clean_name("  Ada\u3000  Lovelace ")
    'Ada Lovelace'
    """
    if not isinstance(name, str):
        raise InputError(f"a person's name must be text, got {name!r}")
    clean = " ".join(unicodedata.normalize("NFC", name).split())
    shown = repr(clean if len(clean) <= _SHOWN else f"{clean[:_SHOWN]}…")
    if not clean:
        raise InputError(f"a person's name must not be empty, got {name[:_SHOWN]!r}")
    if len(clean) > LONGEST_NAME:
        raise InputError(
            f"the name {shown} has {len(clean):,} characters, the limit is {LONGEST_NAME}; "
            "put what else is known into the notes"
        )
    if wrong := next((c for c in clean if unicodedata.category(c) in ("Cc", "Cs") or c in _TURNING), None):
        raise InputError(f"the name {shown} has the character {wrong!r}, which cannot be shown; leave it out")
    if is_id(clean):
        raise InputError(f"the name {shown} is written as ids are; choose another one")
    return clean


def name_key(name: str) -> str:
    """What is the same for names that read the same: compatible characters and letter case made one.

    >>> name_key("ADA Ｌovelace")
    'ada lovelace'
    """
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())


def clean_text(what: str, text: str | None) -> str | None:
    """Notes or consent; `None` where there is nothing in it.

    Raises:
        InputError: it is no text, or too long.
    """
    if text is None:
        return None
    if not isinstance(text, str):
        raise InputError(f"{what} must be text, got {text!r}")
    clean = unicodedata.normalize("NFC", text).strip()
    if len(clean) > LONGEST_TEXT:
        raise InputError(f"{what} has {len(clean):,} characters, the limit is {LONGEST_TEXT:,}; shorten it")
    if wrong := next((c for c in clean if c == "\0" or unicodedata.category(c) == "Cs"), None):
        raise InputError(f"{what} has the character {wrong!r}, which no database takes; leave it out")
    return clean or None
