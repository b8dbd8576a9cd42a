"""The files that put the gateway somewhere: locks, image, Fly."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import threading
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

import app
from app import cli
from app.processes.healthcheck import is_well
from tests.services import free_port

ROOT = Path(app.__file__).parent.parent
READY = ".venv/.ready"
LOCKS = ["requirements.lock", "requirements-build.lock", "requirements-dev.lock", "requirements-audit.lock"]


@pytest.fixture
def fly() -> dict[str, Any]:
    return tomllib.loads((ROOT / "fly.toml").read_text())


@pytest.fixture
def dockerfile() -> list[str]:
    """The last stage's instructions, one a line."""
    text = (ROOT / "Dockerfile").read_text().replace("\\\n", " ")
    last = text[text.rindex("\nFROM ") :]
    return [line for line in last.splitlines() if line and not line.startswith("#")]


@pytest.mark.parametrize(
    "lock", ["requirements.lock", "requirements-dev.lock", "requirements-build.lock", "requirements-audit.lock"]
)
class TestLocks:
    def test_every_requirement_is_pinned_and_has_hashes(self, lock: str) -> None:
        text = re.sub(r"^ *#.*\n", "", (ROOT / lock).read_text(), flags=re.MULTILINE).replace("\\\n", " ")
        for line in text.splitlines():
            assert re.match(r"[a-z0-9-]+(\[[a-z]+\])?==[^ ]+ ( *; [^#]*?)?( *--hash=sha256:[0-9a-f]{64})+$", line), line

    def test_no_address_and_no_option_is_in_it(self, lock: str) -> None:
        text = (ROOT / lock).read_text()
        assert "://" not in text
        assert not re.search(r"^-", text, re.MULTILINE)
        assert not re.search(r"pypi|/(work|tmp|home|root|opt)/", text)


class TestFly:
    def test_web_and_worker_run_on_machines_of_their_own(self, fly: dict[str, Any]) -> None:
        assert fly["processes"] == {"web": "serve", "worker": "worker"}

    def test_so_shared_services_are_required(self, fly: dict[str, Any]) -> None:
        assert fly["env"]["GATEWAY_REQUIRE_SHARED_SERVICES"] == "true"

    def test_migrations_run_before_a_release(self, fly: dict[str, Any]) -> None:
        assert fly["deploy"]["release_command"] == "migrate"

    def test_traffic_goes_to_the_web_machines_when_they_are_ready(self, fly: dict[str, Any]) -> None:
        service = fly["http_service"]
        assert service["processes"] == ["web"]
        assert service["internal_port"] == int(fly["env"]["GATEWAY_PORT"]) == 8080
        assert service["force_https"] is True
        assert [check["path"] for check in service["checks"]] == ["/readyz"]

    def test_one_web_machine_always_runs(self, fly: dict[str, Any]) -> None:
        assert fly["http_service"]["min_machines_running"] == 1
        assert fly["http_service"]["auto_stop_machines"] == "off"

    def test_it_is_killed_only_after_it_had_time_to_drain(self, fly: dict[str, Any]) -> None:
        assert fly["kill_signal"] == "SIGTERM"
        assert fly["kill_timeout"] > int(fly["env"]["GATEWAY_DRAIN_SECONDS"])

    def test_figures_of_web_and_worker_are_collected(self, fly: dict[str, Any]) -> None:
        assert fly["metrics"] == [{"processes": ["web", "worker"], "port": 9091, "path": "/metrics"}]
        assert fly["env"]["GATEWAY_METRICS_PORT"] == fly["env"]["GATEWAY_WORKER_METRICS_PORT"] == "9091"

    def test_the_page_and_the_file_name_the_same_app(self, fly: dict[str, Any]) -> None:
        page = (ROOT / "docs" / "deploy-fly.md").read_text()
        assert f"fly apps create {fly['app']}\n" in page
        assert f"https://{fly['app']}.fly.dev" in page

    def test_no_secret_is_in_it(self, fly: dict[str, Any]) -> None:
        assert not {"DATABASE_URL", "REDIS_URL", "GATEWAY_SECRET_KEYS"} & set(fly["env"])


class TestImage:
    def test_it_does_not_run_as_root(self, dockerfile: list[str]) -> None:
        assert [line for line in dockerfile if line.startswith("USER ")] == ["USER gateway"]
        assert dockerfile.index("USER gateway") < next(i for i, line in enumerate(dockerfile) if line.startswith("ENTRYPOINT"))

    def test_it_says_when_it_is_not_well(self, dockerfile: list[str]) -> None:
        (check,) = [line for line in dockerfile if line.startswith("HEALTHCHECK ")]
        assert json.loads(check.partition(" CMD ")[2]) == ["python", "-m", "app.processes.healthcheck"]

    def test_it_is_the_gateway_command_and_serves_unless_told_otherwise(self, dockerfile: list[str]) -> None:
        assert dockerfile[-2:] == ['ENTRYPOINT ["gateway"]', 'CMD ["serve"]']

    def test_everything_in_it_is_installed_by_hash_or_built_from_this_tree(self) -> None:
        text = (ROOT / "Dockerfile").read_text()
        installs = re.findall(r"pip (?:install|wheel) (.*)", text)
        assert len(installs) == 4
        for install in installs:
            assert "--require-hashes" in install or "--no-index" in install

    def test_both_stages_stand_on_the_base_that_the_build_is_given(self) -> None:
        text = (ROOT / "Dockerfile").read_text()
        assert re.findall(r"^FROM (\S+)", text, re.MULTILINE) == ["${BASE}", "${BASE}"]
        assert text.index("\nARG BASE=python:3.11-slim\n") < text.index("\nFROM ")

    def test_its_labels_say_what_it_is_and_from_what_it_was_made(self, dockerfile: list[str]) -> None:
        (labels,) = [line for line in dockerfile if line.startswith("LABEL ")]
        assert dict(re.findall(r'org\.opencontainers\.image\.([a-z.]+)="([^"]*)"', labels)) == {
            "title": "ongoing-gateway",
            "description": "An open gateway between web shops, ERPs and the Ongoing WMS warehouse system",
            "licenses": "MIT",
            "version": "${VERSION}",
            "revision": "${REVISION}",
            "base.name": "${BASE}",
        }

    def test_what_it_copies_is_let_through(self) -> None:
        let_through = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
        copied = re.findall(r"^COPY (?!--from)(.*) \S+$", (ROOT / "Dockerfile").read_text(), re.MULTILINE)
        assert {name for line in copied for name in line.split()} == let_through
        assert {name for name in let_through if not (ROOT / name).exists()} == set()


class TestHealthcheck:
    def test_a_web_process_is_well_when_livez_says_so(self) -> None:
        with answering({"/livez": 200}) as port:
            assert is_well({"GATEWAY_PORT": port, "GATEWAY_WORKER_METRICS_PORT": str(free_port())}) is True

    def test_a_web_process_is_not_well_when_livez_fails_though_its_figures_are_there(self) -> None:
        with answering({"/livez": 500}) as port, answering({"/metrics": 200}) as figures:
            assert is_well({"GATEWAY_PORT": port, "GATEWAY_WORKER_METRICS_PORT": figures}) is False

    def test_a_worker_has_no_web_port_and_is_well_when_its_figures_are_there(self) -> None:
        with answering({"/metrics": 200}) as figures:
            assert is_well({"GATEWAY_PORT": str(free_port()), "GATEWAY_WORKER_METRICS_PORT": figures}) is True

    def test_nobody_answering_is_not_well(self) -> None:
        assert is_well({"GATEWAY_PORT": str(free_port()), "GATEWAY_WORKER_METRICS_PORT": str(free_port())}) is False


@contextmanager
def answering(answers: dict[str, int]) -> Iterator[str]:
    """A server on loopback that answers these paths with these statuses; gives its port."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(answers.get(self.path, 404))
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name for it
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield str(server.server_port)
        server.shutdown()
        thread.join()


class TestMake:
    @pytest.mark.parametrize("target", ["demo", "test", "check", "bench", "chaos", "openapi", "lock", "clean"])
    def test_help_tells_of_every_target(self, target: str) -> None:
        told = subprocess.run(
            ["make", "--no-print-directory", "help"], cwd=ROOT, capture_output=True, text=True, check=True
        ).stdout
        assert re.search(rf"^  make {target} +\S", told, re.MULTILINE)

    def test_arguments_are_passed_on(self) -> None:
        command = ["make", "--dry-run", "--no-print-directory", "demo", "ARGS=--check"]
        planned = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
        assert planned.splitlines()[-1] == ".venv/bin/gateway demo --check"

    def test_a_python_that_is_too_old_is_named(self, tmp_path: Path) -> None:
        run = make_demo(tmp_path, {"python3": "3.9.18"})
        assert run.returncode == 2
        assert "The gateway needs Python 3.11 or newer; python3 here is: Python 3.9.18." in run.stderr
        assert run.stdout == ""
        assert not (tmp_path / ".venv").exists()

    def test_nothing_but_the_commands_own_line_is_on_standard_output_the_first_time_too(self, tmp_path: Path) -> None:
        run = make_demo(tmp_path, {"python3": "3.14.0"})
        assert (run.returncode, run.stdout) == (0, "{demo --json by 3.14.0}\n")
        assert "Setting up .venv with Python 3.14.0, once" in run.stderr
        assert "noise of pip" in run.stderr
        assert "Warning" not in run.stderr

    def test_set_up_once_it_says_nothing_more(self, tmp_path: Path) -> None:
        make_demo(tmp_path, {"python3": "3.14.0"})
        run = make_demo(tmp_path, {})
        assert (run.returncode, run.stdout, run.stderr) == (0, "{demo --json by 3.14.0}\n", "")

    def test_a_python_that_is_newer_than_any_tested_one_is_taken_with_a_warning(self, tmp_path: Path) -> None:
        run = make_demo(tmp_path, {"python3": "3.15.0"})
        assert (run.returncode, run.stdout) == (0, "{demo --json by 3.15.0}\n")
        assert "Warning: the gateway is tested with Python 3.11 to 3.14; python3 is newer: Python 3.15.0." in run.stderr

    @pytest.mark.parametrize("usual", ["3.9.18", "3.15.0"])
    def test_a_tested_one_beside_it_is_taken_instead(self, tmp_path: Path, usual: str) -> None:
        run = make_demo(tmp_path, {"python3": usual, "python3.13": "3.13.2", "python3.11": "3.11.9"})
        assert (run.returncode, run.stdout) == (0, "{demo --json by 3.13.2}\n")
        assert "Warning" not in run.stderr

    def test_one_that_is_named_goes_before_all(self, tmp_path: Path) -> None:
        run = make_demo(tmp_path, {"python3": "3.13.2", "another": "3.15.0"}, "PYTHON=another")
        assert (run.returncode, run.stdout) == (0, "{demo --json by 3.15.0}\n")
        assert "another is newer: Python 3.15.0." in run.stderr


PRETENDER = """#!/bin/sh
# Says that it is Python {version}, and sets up an environment as noisily as it can.
case "$1" in
--version) echo Python {version} ;;
-c) exec {python} -c "import sys; sys.version_info = ({numbers}); $2" ;;
-m) case "$2 $3" in
    "venv "*) mkdir -p "$3/bin"; cp "$0" "$3/bin/python"
        printf '#!/bin/sh\\necho "{{$* by {version}}}"\\n' > "$3/bin/gateway"; chmod +x "$3/bin/gateway" ;;
    "pip install") echo "noise of pip" ;;
    esac ;;
esac
"""


def make_demo(place: Path, pythons: dict[str, str], *options: str) -> subprocess.CompletedProcess[str]:
    """`make demo ARGS=--json` on a machine that has these Pythons (program: version), and no other."""
    make = shutil.which("make")
    assert make is not None
    programs = place / "programs"
    programs.mkdir(exist_ok=True)
    for name in ("touch", "mkdir", "cp", "chmod"):
        if not (programs / name).exists():
            (programs / name).symlink_to(shutil.which(name) or name)
    for name, version in pythons.items():
        numbers = ", ".join(version.split("."))
        (programs / name).write_text(PRETENDER.format(version=version, numbers=numbers, python=sys.executable))
        (programs / name).chmod(0o755)
    if not (place / "Makefile").exists():
        shutil.copy(ROOT / "Makefile", place)
        for name in ("requirements-dev.lock", "pyproject.toml"):
            (place / name).touch()
    return subprocess.run(
        [make, "demo", "ARGS=--json", *options],
        cwd=place,
        capture_output=True,
        text=True,
        check=False,
        env={"PATH": str(programs), "SHELL": "/bin/sh"},
    )


class TestMaking:
    """The targets that need something this machine may not have, played with stand-ins for the commands they call."""

    def test_the_base_is_pinned_by_the_digest_that_the_registry_tells(self, tmp_path: Path) -> None:
        digest = "sha256:" + "ab" * 32
        told = command(tmp_path / "docker", f'echo "$@" >> {tmp_path}/calls; [ "$1" != buildx ] || echo {digest}')
        made = make("image", PATH=told)
        assert made.returncode == 0, made.stderr
        asked, built = (tmp_path / "calls").read_text().splitlines()
        assert asked == "buildx imagetools inspect python:3.11-slim --format {{.Manifest.Digest}}"
        assert f"--build-arg BASE=python:3.11-slim@{digest} --build-arg VERSION={app.__version__} --build-arg REVISION=" in built
        assert made.stdout.splitlines()[-1] == f"image: ongoing-gateway:{app.__version__} on python:3.11-slim@{digest}"

    def test_a_base_whose_digest_nobody_tells_is_named(self, tmp_path: Path) -> None:
        told = command(tmp_path / "docker", '[ "$1" != buildx ]')
        made = make("image", PATH=told)
        assert made.returncode == 0, made.stderr
        assert "no registry tells the digest of python:3.11-slim" in made.stdout

    def test_a_base_that_is_given_with_its_digest_is_not_asked_for(self, tmp_path: Path) -> None:
        told = command(tmp_path / "docker", f'echo "$@" >> {tmp_path}/calls')
        assert make("image", "BASE=mirror/python@sha256:" + "0" * 64, PATH=told).returncode == 0
        (built,) = (tmp_path / "calls").read_text().splitlines()
        assert built.startswith(f"build --build-arg BASE=mirror/python@sha256:{'0' * 64} ")

    @pytest.mark.parametrize(
        ("reaches", "finds", "status", "said"),
        [
            (True, False, 0, "nothing is known against what the locks hold"),
            (True, True, 2, f"see above what is known of {' '.join(LOCKS)}"),
            (
                False,
                False,
                2,
                "nothing was checked. The list of known vulnerabilities (https://api.osv.dev) cannot be reached from here.",
            ),
        ],
    )
    def test_what_is_known_against_the_locks(self, tmp_path: Path, reaches: bool, finds: bool, status: int, said: str) -> None:
        tools = tmp_path / "audit"
        command(tools / "bin" / "python", f"exit {int(not reaches)}")
        command(tools / "bin" / "pip-audit", f"exit {int(finds)}")
        (tools / ".ready").touch()
        made = make("audit", f"AUDIT={tools}", "--assume-old=requirements-audit.lock")
        assert made.returncode == status
        assert made.stdout.splitlines()[-1] == f"audit: {said}"


def command(path: Path, script: str) -> str:
    """Write a command that stands in for another; gives a PATH on which it is found first."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return f"{path.parent}:{os.environ['PATH']}"


def make(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """`make` as a person calls it: not as a part of the `make test` that runs this."""
    around = {name: value for name, value in os.environ.items() if name not in ("MAKEFLAGS", "MAKELEVEL", "MFLAGS")}
    call = ["make", "--no-print-directory", *arguments, f"--assume-old={READY}"]
    return subprocess.run(call, cwd=ROOT, env=around | environment, capture_output=True, text=True, check=False, timeout=60)


class TestSecurityPage:
    """What SECURITY.md names is there."""

    page = (ROOT / "SECURITY.md").read_text()

    def test_the_settings(self) -> None:
        known = (ROOT / "docs" / "configuration.md").read_text()
        named = set(re.findall(r"GATEWAY_[A-Z_]+", self.page))
        assert {"GATEWAY_TRUSTED_PROXIES", "GATEWAY_MAX_BODY_BYTES", "GATEWAY_SECRET_KEYS"} <= named
        assert {name for name in named if f"`{name}`" not in known} == set()

    def test_the_commands(self) -> None:
        named = set(re.findall(r"`gateway ((?:[a-z][a-z-]*)(?: [a-z][a-z-]*)?)[ `]", self.page))
        assert {"audit", "doctor", "keys create"} <= named
        for command in named:
            asked = CliRunner().invoke(cli.app, [*command.split(), "--help"])
            assert asked.exit_code == 0, command
