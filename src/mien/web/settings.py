"""`Settings`: everything about the web app that can be chosen, in one place."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass, fields
from typing import Final

from mien.errors import InputError

DEFAULT_PORT: Final = 8460
LEAST_TOKEN_CHARACTERS: Final = 16
"""64 bits where they are hexadecimal digits; guessed at ten a minute, that takes longer than anyone waits."""


@dataclass(frozen=True, kw_only=True)
class Settings:
    """How the web app is reached, by whom, and how much it takes.

    Attributes:
        host: address that the server binds to.
        port: 0 for any that is free.
        token: what one must know to use the app; None lets in everyone who reaches `host`, then this machine.
        tls: whether the server speaks HTTPS, and the cookie is for HTTPS only.
        hosts: names that the server is reached by, besides localhost, this machine's own name and IP addresses.
        threads: of the server; each request and each live session holds one.
        sessions: live sessions at once.
        sources: cameras, videos and streams on the server that the Live page shows: what `mien.watch` takes, as text.
        store: file or address of the audience's store, in which live sessions and cameras and streams of `sources` are
            kept; None keeps nothing.
        keep_s: how long is kept what is in it; None for ever.
        revisit_s: how long its visitors are known again.
        gallery: file or address of the gallery of people, for the People page and the API's people, and for names on
            the Live page; None knows nobody.
        profile: name of the networks behind everything, out of `mien.profiles.PROFILES`.
        deepface_api: whether `/represent`, `/verify` and `/analyze` answer in DeepFace's JSON.
        deepface_images: folder that its requests may name pictures in; None for none.
        analyses: requests whose pictures are profiled at the same time.
        uploads: requests whose pictures are read or waiting at the same time; the next ones are told to come back.
        max_pixels: of a picture.
        max_image_bytes: of a picture's file.
        max_images: in one request.
        max_request_bytes: of a request's body.
        max_message_bytes: of a WebSocket message.
        max_frame_pixels: of a live frame.
        idle_timeout_s: how long a live session may send nothing.
        max_video_bytes: of a clip.
        max_video_s: of a clip: seconds that it may last.
        max_video_pixels: of a clip's frame.
        videos: clips looked at at the same time, each by a process of its own.
        videos_waiting: clips that may be uploaded or wait beside them; the next ones are told to come back.
        videos_kept: clips whose results are kept at the same time; those done first go first.
        video_keep_s: how long they are kept when nobody asks for them.
        video_abandoned_s: how long a clip that is not done is gone on with when nobody asks for it.
        video_upload_timeout_s: for a whole clip to come.
        video_timeout_s: after which no further frame of a clip is looked at.
        requests_per_s: that one client may ask the API for.
        burst: requests of one client that may come at once.
        wrong_tokens_per_minute: that one client may try.
        receive_timeout_s: how long a connection may send nothing while something is waited for, or take nothing.
        upload_timeout_s: for the whole body of a request.
        patience_s: how long a request waits for its turn.
        analysis_timeout_s: after which no further picture of a request is begun.

    Raises:
        InputError: a number is not above 0, the app would be open to other machines without a token, or there is a
            folder of pictures for requests that are not answered.
    """

    host: str = "127.0.0.1"
    port: int = DEFAULT_PORT
    token: str | None = None
    tls: bool = False
    hosts: tuple[str, ...] = ()
    threads: int = 32
    sessions: int = 16
    sources: tuple[str, ...] = ()
    store: str | None = None
    keep_s: float | None = None
    revisit_s: float = 3600.0
    gallery: str | None = None
    profile: str = "default"
    deepface_api: bool = False
    deepface_images: str | None = None
    analyses: int = 2
    uploads: int = 8
    max_pixels: int = 50_000_000
    max_image_bytes: int = 32_000_000
    max_images: int = 32
    max_request_bytes: int = 64_000_000
    max_message_bytes: int = 4_000_000
    max_frame_pixels: int = 4_000_000
    idle_timeout_s: float = 60.0
    max_video_bytes: int = 300_000_000
    max_video_s: float = 300.0
    max_video_pixels: int = 9_000_000
    videos: int = 1
    videos_waiting: int = 4
    videos_kept: int = 6
    video_keep_s: float = 900.0
    video_abandoned_s: float = 180.0
    video_upload_timeout_s: float = 900.0
    video_timeout_s: float = 1800.0
    requests_per_s: float = 30.0
    burst: int = 60
    wrong_tokens_per_minute: int = 10
    receive_timeout_s: float = 15.0
    upload_timeout_s: float = 60.0
    patience_s: float = 10.0
    analysis_timeout_s: float = 60.0

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if field.name == "port":
                if not 0 <= value <= 65535:
                    raise InputError(f"port must be from 0 to 65535, got {value}")
            elif isinstance(value, (int, float)) and not isinstance(value, bool) and not value > 0:
                raise InputError(f"{field.name} must be above 0, got {value}")
        if self.token is None and not is_loopback(self.host):
            raise InputError(
                f"{self.host} can be reached from other machines, and nobody is asked for a token; "
                "set one, or bind to 127.0.0.1"
            )
        if self.keep_s is not None and self.store is None:
            raise InputError("keep_s says how long a store is kept; name one, or leave it out")
        if self.deepface_images is not None and not self.deepface_api:
            raise InputError("deepface_images is for the requests of deepface_api; ask for that too, or leave it out")
        if self.token is not None and not (len(self.token) >= LEAST_TOKEN_CHARACTERS and self.token.isascii()):
            raise InputError(
                f"a token needs {LEAST_TOKEN_CHARACTERS} ASCII characters or more; "
                "make one with python -c 'import secrets; print(secrets.token_urlsafe())'"
            )


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches `host`.

    >>> [is_loopback(host) for host in ("localhost", "127.0.0.1", "::1", "0.0.0.0", "192.168.1.7", "example.org")]
    [True, True, True, False, False, False]
    """
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
