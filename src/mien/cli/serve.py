"""`mien serve`: the web app."""

from __future__ import annotations

import os
import secrets
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from mien.cli._outputs import refuse_empty
from mien.errors import InputError, MissingExtraError
from mien.web.settings import DEFAULT_PORT, Settings, is_loopback

if TYPE_CHECKING:
    import socket
    import ssl

_TOKEN_BYTES: Final = 24  # of a generated token: 192 bits


@click.command(epilog="Example:  mien serve --host 0.0.0.0 --self-signed")
@click.option(
    "--host",
    metavar="ADDRESS",
    default="127.0.0.1",
    show_default=True,
    help="Address to listen on; 0.0.0.0 lets other machines in, with a token.",
)
@click.option(
    "--port",
    metavar="N",
    type=click.IntRange(0, 65535),
    default=DEFAULT_PORT,
    show_default=True,
    help="0 takes any that is free.",
)
@click.option(
    "--token",
    metavar="TEXT",
    envvar="MIEN_TOKEN",
    help="What one must know to get in, 16 characters or more; generated where other machines get in. In the variable "
    "MIEN_TOKEN other users of this machine cannot see it.",
)
@click.option("--cert", metavar="FILE", type=click.Path(path_type=Path), help="Certificate for HTTPS, PEM.")
@click.option("--key", metavar="FILE", type=click.Path(path_type=Path), help="Its key, PEM.")
@click.option("--self-signed", is_flag=True, help="HTTPS with a certificate made for this machine.")
@click.option(
    "--allow-host",
    "hosts",
    metavar="NAME",
    multiple=True,
    help="A further name that browsers reach this server by; may be given several times.",
)
@click.option(
    "--source",
    "sources",
    metavar="SOURCE",
    multiple=True,
    help="A camera's number, a video or the address of a stream on this side, for the Live page to show to everyone "
    "who gets in; may be given several times.",
)
@click.option(
    "--store",
    metavar="FILE|URL",
    callback=refuse_empty,
    help="Keep visits and a sample a second of live sessions, cameras and streams for the Report page, no pictures; "
    "cameras and streams are then watched all the time.",
)
@click.option("--keep", metavar="AGE", help="Purge from the store what is older, such as 30d.  [default: nothing]")
@click.option(
    "--revisit", metavar="AGE", default="1h", show_default=True, help="How long the store's visitors are known again."
)
@click.option(
    "--gallery",
    metavar="PATH|URL",
    callback=refuse_empty,
    help="People whom the People page and the API enrol, list and find, and whom the Live page names: an SQLite file, "
    "made if it is not there, or postgresql://….",
)
@click.option(
    "--threads",
    metavar="N",
    type=click.IntRange(min=2),
    default=Settings.threads,
    show_default=True,
    help="Each request and each live session holds one.",
)
@click.option(
    "--analyses",
    metavar="N",
    type=click.IntRange(min=1),
    default=Settings.analyses,
    show_default=True,
    help="Requests profiled at the same time; others wait.",
)
@click.option(
    "--max-pixels",
    metavar="N",
    type=click.IntRange(min=1),
    default=Settings.max_pixels,
    show_default=True,
    help="Refuse photos of more pixels.",
)
@click.option(
    "--max-bytes",
    metavar="N",
    type=click.IntRange(min=1),
    default=Settings.max_image_bytes,
    show_default=True,
    help="Refuse photos of more bytes.",
)
@click.option(
    "--max-video-seconds",
    metavar="S",
    type=click.FloatRange(min=1),
    default=Settings.max_video_s,
    show_default=True,
    help="Refuse clips that last longer.",
)
@click.option(
    "--max-video-bytes",
    metavar="N",
    type=click.IntRange(min=1),
    default=Settings.max_video_bytes,
    show_default=True,
    help="Refuse clips of more bytes.",
)
@click.option(
    "--profile",
    metavar="NAME",
    default=Settings.profile,
    show_default=True,
    help="Whose networks: default, or for comparison paper or emotrack.",
)
@click.option(
    "--deepface-api", is_flag=True, help="Answer /represent, /verify and /analyze in DeepFace's JSON as well."
)
@click.option(
    "--deepface-images",
    metavar="DIR",
    type=click.Path(exists=True, file_okay=False),
    help="A folder that its requests may name pictures in; without, they can only send them.",
)
@click.option("--open", "open_browser", is_flag=True, help="Open the first page in the browser.")
def command(
    host: str,
    port: int,
    token: str | None,
    cert: Path | None,
    key: Path | None,
    self_signed: bool,
    hosts: tuple[str, ...],
    sources: tuple[str, ...],
    store: str | None,
    keep: str | None,
    revisit: str,
    gallery: str | None,
    threads: int,
    analyses: int,
    max_pixels: int,
    max_bytes: int,
    max_video_seconds: float,
    max_video_bytes: int,
    profile: str,
    deepface_api: bool,
    deepface_images: str | None,
    open_browser: bool,
) -> None:
    """Serve the web app: the browser's camera, photos, clips, the models' cards and the HTTP API.

    Only this machine gets in, unless --host says otherwise; then everyone needs the token that is part of the address
    printed, and browsers give a page their camera over HTTPS only: --cert and --key, or --self-signed.

    Ctrl-C stops it.
    """
    try:
        import flask  # noqa: F401
        import flask_sock  # noqa: F401
        import prometheus_client  # noqa: F401
    except ImportError as error:
        raise MissingExtraError(str(error.name), "web", "mien serve") from error
    if keep is not None and store is None:
        raise click.UsageError("--keep belongs to --store")
    if deepface_images is not None and not deepface_api:
        raise click.UsageError("--deepface-images belongs to --deepface-api")
    from mien.durations import parse_duration
    from mien.profiles import find_profile
    from mien.web.address import addresses
    from mien.web.app import create_app
    from mien.web.listen import listen

    find_profile(profile).check_installed()
    if token is None and not is_loopback(host):
        token = secrets.token_urlsafe(_TOKEN_BYTES)
    if sources:
        from mien.media.opencv_log import quieten_opencv

        quieten_opencv()
    if store is not None:
        from mien.audience.store import Store

        Store(store, create=True).close()  # what is wrong with it is told now
    certificate, tls = _tls(cert, key, self_signed, (host, *hosts))
    listener = listen(host, port)
    port = listener.getsockname()[1]
    settings = Settings(
        host=host,
        port=port,
        token=token,
        tls=tls is not None,
        hosts=hosts,
        threads=threads,
        sessions=max(1, threads // 2),
        sources=sources,
        store=store,
        keep_s=None if keep is None else parse_duration(keep),
        revisit_s=parse_duration(revisit),
        gallery=gallery,
        analyses=analyses,
        max_pixels=max_pixels,
        max_image_bytes=max_bytes,
        max_video_s=max_video_seconds,
        max_video_bytes=max_video_bytes,
        max_request_bytes=max(max_bytes * 2, Settings.max_request_bytes),
        profile=profile,
        deepface_api=deepface_api,
        deepface_images=deepface_images,
    )
    app = create_app(settings)
    urls = addresses(host, port, tls=settings.tls, token=token)
    for url in urls:
        click.echo(url)
    click.echo("Ctrl-C stops the server.", err=True)
    if not (is_loopback(host) or settings.tls):
        click.echo(
            "mien: warning: without HTTPS everyone on the network can read along, and browsers give no camera; "
            "add --self-signed, or --cert and --key",
            err=True,
        )
    if open_browser:
        click.launch(urls[0])
    _run(app, listener, tls, certificate)


def _tls(
    cert: Path | None, key: Path | None, self_signed: bool, names: tuple[str, ...]
) -> tuple[Path | None, ssl.SSLContext | None]:
    """The certificate's file, and what connections are wrapped with; None twice for HTTP."""
    from mien.web.tls import tls_context

    if self_signed:
        from mien.models.weights import cache_folder
        from mien.web.self_signed import self_signed as make

        if cert or key:
            raise InputError("--self-signed makes a certificate of its own; leave out --cert and --key, or it")
        made = make(cache_folder() / "tls", names)
        click.echo(f"certificate, SHA-256 fingerprint: {made.fingerprint}", err=True)
        return made.path, tls_context(made.path, made.path)
    if cert is None and key is None:
        return None, None
    if cert is None or key is None:
        raise InputError("--cert and --key belong together; give both, or --self-signed")
    return cert, tls_context(cert, key)


def _run(app: object, listener: socket.socket, tls: ssl.SSLContext | None, certificate: Path | None) -> None:
    from flask import Flask

    assert isinstance(app, Flask)
    if os.name == "posix":
        from mien.web import gunicorn_server

        gunicorn_server.run(app, listener, tls, certificate)
    else:
        from mien.web import werkzeug_server

        werkzeug_server.run(app, listener, tls)
