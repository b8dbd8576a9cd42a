"""Every command block of the README and the docs is played against a gateway, or looked at word by word.

One demo runs for all of them. A page's connections are made from the page itself, with the demo's addresses in place of those
of the example.
"""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import yaml

from app.reference.commands import commands, installed
from app.settings import known_variables
from tests.cli.gateway_command import as_json, gateway
from tests.deploy.blocks import ROOT, SHELL, Block, blocks, commands_in_text, shell_blocks, words
from tests.e2e.demo_process import Demo, running_demo, until

OWN_MACHINE = {"keys", "migrate", "backup", "restore"}
"""Commands that work on this machine's own database: here on one in a folder of the test's."""
STOCK_NOW = "--stock-now"
ALSO_AN_ANSWER = (
    r"backfill \d+ is done",  # the demo's one order is transferred before anybody can pause it
    r"Reconcile \d+ of \w+: done, \d+ \w+",  # the page says so: exit code 1 when there is a finding
    r"doption \d+ of \w+: done, ",  # the page says so: exit code 1 when a record is not ours
    r"Missing: the shop will not call http://127\.0\.0\.1:\d+:",  # port 8080 was taken: by another demo beside this one
)
"""What a command may say with exit code 1."""
STARTS = {"up", "serve", "worker", "demo"}
"""They run until they are stopped; tests/cli/test_up.py and tests/e2e do that. Here they must exist with their options."""
GOODS_OWNERS = {
    "README.md": 78,
    "docs/connecting-woocommerce.md": 78,
    "docs/connecting-24nettbutikk.md": 79,
    "docs/connecting-24sevenoffice.md": 80,
}
PREFIXES = {"README.md": "R-"}
"""Two of the pages connect the demo's one WooCommerce shop, for the same goods owner."""


# --- gateway commands, word by word -------------------------------------------------------------------------------------------

COMMANDS = dict(commands(installed()))
PLACEHOLDERS = re.compile(r"^(…|\.\.\.|\[.*\]|<.*>)$")


def faults_of(given: list[str]) -> list[str]:
    """What is wrong with a `gateway` command: the command, an option, the number of arguments."""
    depth = max((count for count in range(2, len(given) + 1) if " ".join(given[:count]) in COMMANDS), default=0)
    if not depth:
        groups = {path.rpartition(" ")[0] for path in COMMANDS}
        return [] if " ".join(given) in {*groups, "gateway --help", "gateway --version"} else [f"no command {' '.join(given)}"]
    command = COMMANDS[" ".join(given[:depth])]
    options = {name: each for each in command.params for name in (*each.opts, *each.secondary_opts) if name.startswith("-")}
    wrong, arguments, rest = [], 0, given[depth:]
    while rest:
        word = rest.pop(0)
        if not word.startswith("-"):
            arguments += not PLACEHOLDERS.match(word)
            continue
        name, _, value = word.partition("=")
        if name not in options and name != "--help":
            wrong.append(f"{' '.join(given[:depth])} has no {name}")
        elif name in options and not options[name].is_flag and not value and rest:
            rest.pop(0)
    places = [each for each in command.params if each.param_type_name == "argument"]
    most = 99 if any(each.nargs == -1 for each in places) else len(places)
    return wrong + ([f"{' '.join(given)}: too many arguments"] if arguments > most else [])


def test_every_command_in_a_sentence_exists_with_its_options() -> None:
    found = [(page, text) for page, text in commands_in_text() if not text.startswith("gateway.")]
    assert len(found) > 80
    wrong = {}
    for page, text in found:
        for each in text.split(" | ")[:1]:
            if faults := faults_of(shlex.split(each.replace("\\", ""))):
                wrong[f"{page}: {text}"] = faults
    assert wrong == {}


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        ("gateway mappings show 1001", []),
        ("gateway mapping show 1001", ["no command gateway mapping show 1001"]),
        ("gateway sync shop --dryrun", ["gateway sync has no --dryrun"]),
        ("gateway mappings show 1001 1002", ["gateway mappings show 1001 1002: too many arguments"]),
        ("gateway sync shop --process orders --full", []),
    ],
)
def test_a_wrong_one_would_be_found(command: str, expected: list[str]) -> None:
    assert faults_of(command.split()) == expected


# --- commands of others, word by word -----------------------------------------------------------------------------------------

OPTIONS: dict[str, set[str]] = {
    "docker compose": {"-f", "-d", "--build", "--scale"},
    "kubectl": {"-f", "-n", "--from-env-file", "--for", "--timeout", "--"},
    "fly": {"--name", "--image", "-C"},
    "systemctl": {"--now"},
    "make": set(),
    "cp": set(),
    "chmod": set(),
    "git": set(),
    "install": {"-m"},
    "useradd": {"--system", "--home-dir", "--shell"},
    "pip": {"--require-hashes", "-r", "--no-deps"},
    "python3": {"-m", "-c"},
    "pg_dump": {"--username", "--format"},
    "pg_restore": {"--clean", "--if-exists", "--dbname"},
    "export": set(),
    "pytest": {"-m"},
}
VERBS: dict[str, set[str]] = {
    "docker compose": {"up", "exec"},
    "kubectl": {"apply", "create", "wait", "exec", "delete"},
    "fly": {"apps", "postgres", "redis", "secrets", "deploy", "ips", "ssh"},
    "systemctl": {"daemon-reload", "enable"},
    "git": {"pull"},
}
WRITTEN_BY_THE_READER = {"gateway.env", "backup.dump", "gateway.dump", "connections.toml"}


def program_of(given: list[str]) -> str:
    if given[:2] == ["docker", "compose"]:
        return "docker compose"
    if "pytest" in given[:4]:
        return "pytest"
    return given[0].rpartition("/")[2]


def looked_at(command: str) -> list[str]:
    """What is wrong with a command of another program: its options, and the files, services and units that it names."""
    given, _ = words(command)
    if given[0] == "sudo":
        given = given[1:]
    program = program_of(given)
    if program == "gateway":
        return faults_of(["gateway", *given[1:]])
    if program not in OPTIONS:
        return [f"{program} is no program that is known here"]
    own, inner = _split(given, program)
    options = {word.partition("=")[0] for word in own[1:] if word.startswith("-")}
    wrong = [f"{program} has no {each} here" for each in sorted(options - OPTIONS[program])]
    if program in VERBS and not VERBS[program] & set(own):
        wrong.append(f"{program}: {own} is nothing that is known here")
    wrong += [f"there is no {each}" for each in _missing(own)]
    wrong += [f"{each} is no setting" for each in re.findall(r"GATEWAY_[A-Z_]+", command) if each not in known_variables()]
    wrong += SPECIAL[program](own) if program in SPECIAL else []
    return wrong + (looked_at(shlex.join(inner)) if inner else [])


def _split(given: list[str], program: str) -> tuple[list[str], list[str]]:
    """What another program is told to run elsewhere: `exec web …`, `exec deploy/gateway-web -- …`, `ssh console -C "…"`."""
    if program == "fly" and "-C" in given:
        place = given.index("-C") + 1
        return given[:place], given[place].split()
    if "exec" not in given:
        return given, []
    place = given.index("--") + 1 if "--" in given else given.index("exec") + 2
    return given[:place], given[place:]


def _missing(given: list[str]) -> list[str]:
    """Files of the repository that are named and not there."""
    places = [word.partition("=")[2] if word.startswith("--") else word for word in given]
    named = [each for each in places if re.match(r"(deploy|docs|tests|app)/|requirements", each)]
    made = {"deploy/.env"}
    return [each for each in named if each not in made and not (ROOT / each).exists() and not each.startswith("deploy/gateway-")]


def _compose(given: list[str]) -> list[str]:
    services = yaml.safe_load((ROOT / "deploy/compose.yaml").read_text())["services"]
    named = [given[given.index("exec") + 1]] if "exec" in given else []
    named += [given[given.index("--scale") + 1].partition("=")[0]] if "--scale" in given else []
    return [f"compose has no service {each}" for each in named if each not in services]


def _kubernetes(given: list[str]) -> list[str]:
    files = (ROOT / "deploy/kubernetes").glob("*.yaml")
    every = [each for file in files for each in yaml.safe_load_all(file.read_text())]
    known = {(each["kind"].lower(), each["metadata"]["name"]) for each in every} | {("namespace", "gateway")}
    named = [word.split("/") for word in given if re.fullmatch(r"(job|deploy)/[\w-]+", word)]
    short = {"job": "job", "deploy": "deployment"}
    wrong = [f"there is no {kind} {name}" for kind, name in named if (short[kind], name) not in known]
    if "secret" in given and ("secret", given[given.index("generic") + 1]) not in known:
        wrong.append("the manifests name another secret")
    if "-n" in given and ("namespace", given[given.index("-n") + 1]) not in known:
        wrong.append("the manifests have another namespace")
    return wrong


def _systemd(given: list[str]) -> list[str]:
    units = {file.name.removesuffix(".service") for file in (ROOT / "deploy/systemd").iterdir()}
    named = [word for word in given[1:] if word not in VERBS["systemctl"] and not word.startswith("-")]
    return [f"there is no unit {each}" for each in named if re.sub(r"@\d+$", "@", each) not in units]


def _make(given: list[str]) -> list[str]:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    wrong = [f"make has no {each}" for each in given[1:] if "=" not in each and each not in targets]
    asked = " ".join(word.removeprefix("ARGS=") for word in given if word.startswith("ARGS="))
    parser = (ROOT / "tests/chaos/histories/__main__.py").read_text()
    if "chaos" in given:
        wrong += [f"make chaos has no {each}" for each in re.findall(r"--[a-z]+", asked) if f'"{each}"' not in parser]
    return wrong


def _fly(given: list[str]) -> list[str]:
    app = tomllib.loads((ROOT / "fly.toml").read_text())["app"]
    named = [word for word in given if word.startswith("my-") and not word.endswith("-db")]
    return [f"fly.toml has {app}, not {each}" for each in named if each != app]


SPECIAL: dict[str, Callable[[list[str]], list[str]]] = {
    "docker compose": _compose,
    "kubectl": _kubernetes,
    "systemctl": _systemd,
    "make": _make,
    "fly": _fly,
}


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        ("docker compose -f deploy/compose.yml up -d", ["there is no deploy/compose.yml"]),
        ("docker compose -f deploy/compose.yaml exec api gateway doctor", ["compose has no service api"]),
        ("docker compose -f deploy/compose.yaml exec web gateway docter", ["no command gateway docter"]),
        ("kubectl -n gateway wait --for=condition=complete job/migrate", ["there is no job migrate"]),
        ("sudo systemctl enable --now gateway-api", ["there is no unit gateway-api"]),
        ("fly secrets set GATEWAY_PUBLIC=https://x.example", ["GATEWAY_PUBLIC is no setting"]),
        ("fly apps create my-shop", ["fly.toml has my-gateway, not my-shop"]),
        ("make deno", ["make has no deno"]),
        ("rm -rf build", ["rm is no program that is known here"]),
    ],
)
def test_a_wrong_command_of_another_program_would_be_found(command: str, expected: list[str]) -> None:
    assert looked_at(command) == expected


# --- played against one gateway -----------------------------------------------------------------------------------------------


@dataclass
class Reader:
    """Who follows the pages: has the demo's gateway, a folder, and what the pages call by a name."""

    demo: Demo
    folder: Path
    order: str
    product: str
    played: list[str] = field(default_factory=list)
    looked_at: list[str] = field(default_factory=list)

    @property
    def environment(self) -> dict[str, str | None]:
        own = {"GATEWAY_DATA_DIRECTORY": str(self.folder / "data"), "DATABASE_URL": None, "REDIS_URL": None}
        return {**self.demo.environment, **own}

    def variables(self, page: str) -> dict[str, str]:
        """What stands in the pages, and what it is here."""
        return {
            "NUMBER": self.order,
            "1001": self.order,
            "4711": self.product,
            "https://gateway.example": self.demo.said["api"],
            "/var/backups": str(self.folder),
            "findings.csv": str(self.folder / "findings.csv"),
            **({"/sync/fjellbutikken": "/sync/woocommerce"} if page == "docs/connecting-woocommerce.md" else {}),
            " nettbutikk": " woocommerce",  # the demo's connection
            **({" 13": f" {self.backfill()}"} if page == "docs/reconcile-and-backfill.md" else {}),
        }

    def backfill(self) -> int:
        """The newest one's id; 0 before the first."""
        listed = gateway("backfills", "list", "--json", environment=self.environment)
        return max((each["id"] for each in as_json(listed)["items"]), default=0)

    def follow(self, block: Block) -> None:
        for command in block.commands:
            self._do(block, command)

    def _do(self, block: Block, command: str) -> None:
        text = command
        for name, value in self.variables(block.page).items():
            text = text.replace(name, value)
        given, into = words(text)
        if given[0] == "curl":
            self._curl(text)
        elif given[0] == "gateway" and given[1] not in STARTS and "fly.dev" not in block.text:
            self._gateway(block, given, into)
        else:
            assert looked_at(command) == [], f"{block.name}: {command}"
            self.looked_at.append(command)
            return
        self.played.append(command)

    def _curl(self, text: str) -> None:
        done = subprocess.run(
            ["bash", "-c", text], env={**os.environ, **self.demo.environment}, capture_output=True, text=True, timeout=60
        )
        assert done.returncode == 0, f"{text}: {done.stdout} {done.stderr}"

    def _gateway(self, block: Block, given: list[str], into: str | None) -> None:
        for file in [word for word in given if word.endswith(".toml")]:
            given[given.index(file)] = str(self._connection_file(block, file))
        environment = self.environment
        if given[1] in OWN_MACHINE:
            environment = {**environment, "GATEWAY_URL": None, "GATEWAY_API_KEY": None}
        result = gateway(*given[1:], environment=environment, typed="y\n")
        if STOCK_NOW in result.output and result.exit_code == 2:  # on a terminal it asks; here the answer is an option
            result = gateway(*given[1:], STOCK_NOW, environment=environment)
        said = result.stdout + result.stderr
        is_a_no = result.exit_code == 1 and any(re.search(words, said) for words in ALSO_AN_ANSWER)
        assert result.exit_code == 0 or is_a_no, f"{block.name}: {' '.join(given)}: {said} {result.exception!r}"
        if into is not None:
            (self.folder / into).write_text(result.stdout)

    def _connection_file(self, block: Block, name: str) -> Path:
        """The page's own connection, or the example that was printed, filled in with the demo's addresses."""
        written = [each.text for each in blocks() if each.page == block.page and each.kind == "toml"]
        given = tomllib.loads("\n".join(written) or (self.folder / name).read_text())
        (connection,) = given["connections"]
        system, owner = connection["integration"], GOODS_OWNERS[block.page]
        connection["name"] = "my-shop" if block.page == "README.md" else connection["name"]
        connection["source"] |= source_of(self.demo, system)
        connection["warehouse"] = {**self.demo.said["warehouse"], "goods_owner_id": owner}
        connection["warehouse"]["url"] += "/"
        settings = connection.setdefault("settings", {})
        settings.pop("go_live", None)
        settings |= {"order_number_prefix": PREFIXES[block.page]} if block.page in PREFIXES else {}
        file = self.folder / f"{owner}-{name}"
        file.write_text(as_toml(connection))
        return file


def source_of(demo: Demo, system: str) -> dict[str, Any]:
    """The simulated system's address and keys."""
    if system == "woocommerce":
        named = ("shop_url", "consumer_key", "consumer_secret")
        return {name: demo.connection[name] for name in named} | {"webhook_secret": "a-secret-for-the-pages-of-the-docs"}
    given = {name: value for name, value in demo.said[system].items() if name not in ("goods_owner_id", "url")}
    return {**given, "api_url": demo.said[system]["api_url"]}


def as_toml(connection: dict[str, Any]) -> str:
    lines = ["[[connections]]"]

    def table(path: str, values: dict[str, Any]) -> None:
        lines.append(f"[connections.{path}]")
        for name, value in values.items():
            if not isinstance(value, dict):
                shown = {True: "true", False: "false"}[value] if isinstance(value, bool) else repr(value).replace("'", '"')
                lines.append(f"{name} = {shown}")
        for name, value in values.items():
            if isinstance(value, dict):
                table(f"{path}.{name}", value)

    lines += [f'{name} = "{connection[name]}"' for name in ("name", "integration")]
    for part in ("source", "warehouse", "settings"):
        table(part, connection[part])
    return "\n".join(lines) + "\n"


@pytest.fixture
def reader(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Reader]:
    folder = tmp_path_factory.mktemp("reader")
    with running_demo() as demo:
        product = demo.shop("POST", "products", {"name": "Sokker", "sku": "SOKK-1", "regular_price": "99.00"})
        made = demo.shop("POST", "orders", NEW_ORDER | {"line_items": [{"product_id": product["id"], "quantity": 1}]})
        number = str(made["number"])
        assert gateway("migrate", environment={"GATEWAY_DATA_DIRECTORY": str(folder / "data")}).exit_code == 0
        until(lambda: gateway("mappings", "show", number, environment=demo.environment).exit_code == 0, "the order came")
        yield Reader(demo, folder, number, str(product["id"]))


NEW_ORDER: dict[str, Any] = {
    "status": "processing",
    "currency": "NOK",
    "billing": {
        "first_name": "Kari",
        "last_name": "Nordmann",
        "address_1": "Storgata 1",
        "postcode": "0155",
        "city": "Oslo",
        "country": "NO",
        "email": "kari@example.no",
    },
}


@pytest.mark.timeout(300)
def test_every_block_does_what_its_page_says(reader: Reader, record_property: Callable[[str, object], None]) -> None:
    every = shell_blocks()
    for block in every:
        if block.why_not is None:
            reader.follow(block)
    left_out = {block.name: block.why_not for block in every if block.why_not is not None}
    record_property("blocks", len(every))
    record_property("not run", left_out)
    print(f"{len(every)} blocks: {len(reader.played)} commands played, {len(reader.looked_at)} looked at, left out: {left_out}")
    assert len(reader.played) > 20
    assert len(left_out) == LEFT_OUT, left_out


LEFT_OUT = 0
"""So many blocks say why no test can run them."""


def test_no_block_of_commands_hides_under_another_name() -> None:
    """A block without a kind, or of another, holds no command: it would be run by nobody."""
    known = {"toml", "json", "ini", "nginx", "python", "yaml", "text", "mermaid"}
    others = [each for each in blocks() if each.kind not in SHELL]
    assert {each.kind for each in others} - known - {""} == set()
    command = re.compile(r"^(\$ )?(gateway|curl|make|docker|kubectl|fly|sudo) ", re.MULTILINE)
    hidden = [each.name for each in others if command.search(each.text)]
    assert hidden == []
