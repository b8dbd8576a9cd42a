"""What must be right before a process starts: its directory, its port, its queue. Each fault is one line with what to do."""

from __future__ import annotations

import errno
import os
import resource
import socket
from pathlib import Path
from urllib.parse import urlsplit

import httpx
from redis.asyncio import Redis
from redis.exceptions import AuthenticationError, RedisError

from app.errors import BadInput
from app.processes import private_files
from app.settings import Settings
from app.storage import address

SECONDS = 3.0
ASKING_SECONDS = 1.0
OWNERS_ONLY = 0o600
OTHER_FILES = 200
"""File descriptors for all but the API's connections: the database's, the queue's, those of outgoing calls."""


def prepare_directory(settings: Settings) -> Path:
    """The data directory, made if it is not there. It and what the gateway has in it are for its owner alone.

    Raises BadInput when it cannot be written.
    """
    path = settings.data_directory.absolute()
    fix = "set GATEWAY_DATA_DIRECTORY to a directory that this user may write"
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
    except (FileExistsError, NotADirectoryError) as error:
        raise BadInput(f"{error.filename or path} is no directory", field="GATEWAY_DATA_DIRECTORY", fix=fix) from error
    except OSError as error:
        words = f"the data directory {path} cannot be made: {error.strerror}"
        raise BadInput(words, field="GATEWAY_DATA_DIRECTORY", fix=fix) from error
    if not os.access(path, os.W_OK | os.X_OK):
        raise BadInput(f"the data directory {path} cannot be written", field="GATEWAY_DATA_DIRECTORY", fix=fix)
    file = address.read(settings.sqlalchemy_url).file
    if file is not None:
        _make(file, "GATEWAY_DATA_DIRECTORY" if settings.database_url is None else "DATABASE_URL")
    private_files.keep_private(settings)
    return path


def _make(file: Path, setting: str) -> None:
    """SQLite makes its other files with the mode of this one."""
    try:
        os.close(os.open(file, os.O_WRONLY | os.O_CREAT, OWNERS_ONLY))
    except OSError as error:
        fix = f"let this user write it and its folder, or set {setting} to another place"
        raise BadInput(f"the database {file} cannot be used: {error.strerror}", field=setting, fix=fix) from error


def make_room_for_connections(settings: Settings) -> None:
    """Asks for as many file descriptors as GATEWAY_MAX_CONNECTIONS needs. Where there are fewer, it takes fewer connections."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    needed = settings.max_connections + OTHER_FILES
    if soft != resource.RLIM_INFINITY and soft < needed:
        soft = needed if hard == resource.RLIM_INFINITY else min(needed, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
        settings.max_connections = max(10, min(settings.max_connections, soft - OTHER_FILES))


def refuse_taken_port(settings: Settings) -> None:
    """Raises BadInput when the API could not listen on its port."""
    if settings.port == 0:
        return
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    try:
        with socket.socket(family, socket.SOCK_STREAM) as listening:
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listening.bind((settings.host, settings.port))
    except socket.gaierror as error:
        raise BadInput(
            f"{settings.host} is no address of this machine", field="GATEWAY_HOST", fix="set GATEWAY_HOST, like 127.0.0.1"
        ) from error
    except OSError as error:
        raise _cannot_listen(settings, error) from error


def _cannot_listen(settings: Settings, error: OSError) -> BadInput:
    where = f"port {settings.port} of {settings.host}"
    if error.errno == errno.EADDRINUSE:
        other = settings.port + 1 if settings.port < 65535 else 8080
        return BadInput(
            f"{where} is taken by {_who_listens(settings)}",
            field="GATEWAY_PORT",
            fix=f"stop that one, or give this one another port: GATEWAY_PORT={other}",
        )
    if error.errno == errno.EADDRNOTAVAIL:
        fix = "set GATEWAY_HOST, like 127.0.0.1"
        return BadInput(f"{settings.host} is no address of this machine", field="GATEWAY_HOST", fix=fix)
    if error.errno in (errno.EACCES, errno.EPERM):
        fix = "set GATEWAY_PORT to 1024 or more, and let a reverse proxy listen on the port below it"
        return BadInput(f"{where} is not for this user", field="GATEWAY_PORT", fix=fix)
    return BadInput(
        f"nothing can listen on {where}: {error.strerror}", field="GATEWAY_PORT", fix="set GATEWAY_HOST or GATEWAY_PORT"
    )


def _who_listens(settings: Settings) -> str:
    try:
        said = httpx.get(f"{settings.own_address}/", timeout=ASKING_SECONDS, trust_env=False).json()
    except (httpx.HTTPError, ValueError):
        return "another program"
    is_gateway = isinstance(said, dict) and said.get("name") == "gateway"
    return "another gateway (perhaps one that was started in another folder)" if is_gateway else "another program"


async def queue_trouble(settings: Settings) -> str | None:
    """Why the Redis of REDIS_URL does not answer, None when it does. Raises BadInput for an address that is none."""
    if settings.redis_url is None:
        return None
    fix = "give redis://HOST:6379/0, rediss:// with TLS, or leave it out: `gateway up` then starts a queue of its own"
    try:
        client = Redis.from_url(settings.redis_url, socket_connect_timeout=SECONDS, socket_timeout=SECONDS)
    except (ValueError, TypeError) as error:
        raise BadInput("REDIS_URL is no address of a Redis", field="REDIS_URL", fix=fix) from error
    where = redis_words(settings.redis_url)
    try:
        await client.ping()
    except AuthenticationError as error:
        raise BadInput(f"{where} does not take user and password", field="REDIS_URL", fix="correct them in REDIS_URL") from error
    except (RedisError, OSError) as error:
        return f"{where} does not answer ({_reason(error)}). Fix: check REDIS_URL, and that it runs"
    finally:
        await client.aclose()
    return None


def redis_words(url: str) -> str:
    """Where it is, without user and password."""
    parts = urlsplit(url)
    return f"Redis at {parts.hostname}:{parts.port or 6379}" if parts.hostname else f"Redis at {parts.path}"


def _reason(error: BaseException) -> str:
    if "refused" in str(error) or "Connect call failed" in str(error):
        return "nobody listens there"
    if isinstance(error, TimeoutError) or "imeout" in str(error):
        return f"no answer within {SECONDS:g} s"
    return type(error).__name__
