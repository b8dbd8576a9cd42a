"""The files of deploy/ name settings, commands, ports, paths and files that exist, and agree with each other."""

from __future__ import annotations

import configparser
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from app.cli import app as cli
from app.main import create_app
from app.settings import Settings, known_variables

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
ALSO_OURS = {"DATABASE_URL", "REDIS_URL"}
ONLY_FOR_COMPOSE = {"POSTGRES_PASSWORD", "GRAFANA_PASSWORD"}
LONGEST_DRAIN = int(Settings.model_fields["drain_seconds"].default)


def documents(name: str) -> list[dict[str, Any]]:
    return [each for each in yaml.safe_load_all((DEPLOY / name).read_text()) if each]


def manifests() -> Iterator[dict[str, Any]]:
    for file in sorted((DEPLOY / "kubernetes").glob("*.yaml")):
        yield from documents(f"kubernetes/{file.name}")


COMPOSE = documents("compose.yaml")[0]
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
MANIFESTS = {(each["kind"], each["metadata"]["name"]): each for each in manifests()}
WORKLOADS = [each for (kind, _), each in MANIFESTS.items() if kind in ("Deployment", "Job")]
COMMANDS = {each.name or each.callback.__name__ for each in cli.registered_commands if each.callback}


def variables_of(text: str) -> set[str]:
    return set(re.findall(r"\bGATEWAY_[A-Z0-9_]+\b", text))


@pytest.mark.parametrize("file", sorted(each for each in DEPLOY.rglob("*") if each.is_file()), ids=lambda file: file.name)
def test_every_variable_with_our_prefix_is_a_setting(file: Path) -> None:
    assert variables_of(file.read_text()) - known_variables() == set()


class TestCompose:
    def test_what_runs_is_what_was_promised(self) -> None:
        assert set(SERVICES) == {"postgres", "valkey", "migrate", "web", "worker", "prometheus", "grafana"}
        assert {name: SERVICES[name]["command"] for name in ("migrate", "web", "worker")} == {
            "migrate": ["migrate"],
            "web": ["serve"],
            "worker": ["worker"],
        }
        assert {"migrate", "serve", "worker"} <= COMMANDS
        assert SERVICES["worker"]["deploy"]["replicas"] == 2

    def test_nothing_has_a_port_to_the_outside(self) -> None:
        ports = [port for each in SERVICES.values() for port in each.get("ports", ())]
        assert ports == ["127.0.0.1:8080:8080", "127.0.0.1:9090:9090", "127.0.0.1:3000:3000"]

    def test_no_password_has_a_default_and_each_is_asked_for(self) -> None:
        text = (DEPLOY / "compose.yaml").read_text()
        used = set(re.findall(r"\$\{(\w+)", text))
        assert used == ONLY_FOR_COMPOSE | {"GATEWAY_SECRET_KEYS"}
        assert len(re.findall(r"\$\{\w+:\?", text)) == text.count("${")
        given = dict(re.findall(r"^(\w+)=(.*)$", (DEPLOY / "example.env").read_text(), re.MULTILINE))
        assert {name: given[name] for name in used} == dict.fromkeys(used, "")
        assert set(given) - known_variables() == ONLY_FOR_COMPOSE

    def test_the_migration_comes_before_the_rest_and_everything_is_asked_whether_it_is_well(self) -> None:
        for name in ("web", "worker"):
            assert SERVICES[name]["depends_on"] == {
                "migrate": {"condition": "service_completed_successfully"},
                "postgres": {"condition": "service_healthy"},
                "valkey": {"condition": "service_healthy"},
            }
        of_image = {"migrate", "web", "worker"}  # the image has its own question
        assert {name for name, each in SERVICES.items() if each.get("healthcheck", {}).get("test")} == set(SERVICES) - of_image

    def test_a_stopping_process_has_time_to_finish(self) -> None:
        drain = int(SERVICES["web"]["environment"]["GATEWAY_DRAIN_SECONDS"])
        assert int(SERVICES["web"]["stop_grace_period"].removesuffix("s")) > drain + 5

    def test_the_queue_evicts_nothing(self) -> None:
        assert "noeviction" in SERVICES["valkey"]["command"]

    def test_what_is_mounted_exists(self) -> None:
        mounted = [each.split(":")[0] for service in SERVICES.values() for each in service.get("volumes", ())]
        files = [each for each in mounted if each.startswith("./")]
        assert len(files) == 4
        assert [each for each in files if not (DEPLOY / each).exists()] == []
        assert {each for each in mounted if not each.startswith("./")} == set(COMPOSE["volumes"])

    def test_prometheus_finds_the_processes_by_the_services_names(self) -> None:
        config = documents("prometheus/prometheus.yml")[0]
        asked = {each["dns_sd_configs"][0]["names"][0]: each["dns_sd_configs"][0]["port"] for each in config["scrape_configs"]}
        image = (ROOT / "Dockerfile").read_text()
        assert asked == {"web": 9091, "worker": 9091}
        assert "GATEWAY_METRICS_PORT=9091" in image
        assert "GATEWAY_WORKER_METRICS_PORT=9091" in image
        assert [f"gateway-{name}" for name in asked] == [each["job_name"] for each in config["scrape_configs"]]
        assert config["rule_files"] == ["rules.yml"]


def pod(workload: dict[str, Any]) -> dict[str, Any]:
    spec: dict[str, Any] = workload["spec"]["template"]["spec"]
    return spec


class TestKubernetes:
    def test_what_is_there(self) -> None:
        assert sorted(MANIFESTS) == [
            ("ConfigMap", "gateway-settings"),
            ("Deployment", "gateway-web"),
            ("Deployment", "gateway-worker"),
            ("Ingress", "gateway"),
            ("Job", "gateway-migrate"),
            ("Namespace", "gateway"),
            ("NetworkPolicy", "gateway"),
            ("PodDisruptionBudget", "gateway-web"),
            ("PodDisruptionBudget", "gateway-worker"),
            ("Secret", "gateway-secrets"),
            ("Service", "gateway-web"),
        ]
        assert {each["metadata"].get("namespace") for (kind, _), each in MANIFESTS.items() if kind != "Namespace"} == {"gateway"}

    def test_settings_are_settings_and_no_secret_has_a_value(self) -> None:
        assert set(MANIFESTS["ConfigMap", "gateway-settings"]["data"]) <= known_variables()
        secret = MANIFESTS["Secret", "gateway-secrets"]["stringData"]
        assert set(secret) == ALSO_OURS | {"GATEWAY_SECRET_KEYS"}
        assert set(secret.values()) == {""}

    @pytest.mark.parametrize("workload", WORKLOADS, ids=lambda each: each["metadata"]["name"])
    def test_a_pod_is_confined_and_has_its_settings(self, workload: dict[str, Any]) -> None:
        (container,) = pod(workload)["containers"]
        assert container["args"] in (["migrate"], ["serve"], ["worker"])
        assert container["envFrom"] == [
            {"configMapRef": {"name": "gateway-settings"}},
            {"secretRef": {"name": "gateway-secrets"}},
        ]
        assert container["securityContext"] == {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        }
        assert pod(workload)["securityContext"]["runAsNonRoot"] is True
        assert str(pod(workload)["securityContext"]["runAsUser"]) in re.findall(r"--uid (\d+)", (ROOT / "Dockerfile").read_text())
        assert {"requests", "limits"} <= set(container["resources"])
        assert pod(workload)["automountServiceAccountToken"] is False

    @pytest.mark.parametrize("name", ["gateway-web", "gateway-worker"])
    def test_a_pod_has_time_to_finish_and_its_probes_ask_what_is_there(self, name: str) -> None:
        spec = pod(MANIFESTS["Deployment", name])
        (container,) = spec["containers"]
        drain = int(MANIFESTS["ConfigMap", "gateway-settings"]["data"]["GATEWAY_DRAIN_SECONDS"])
        assert spec["terminationGracePeriodSeconds"] > drain + 5
        ports = {each["name"]: each["containerPort"] for each in container["ports"]}
        probes = [probe["httpGet"] for key, probe in container.items() if key.endswith("Probe")]
        assert {(each["port"], each["path"]) for each in probes} <= {
            ("http", "/livez"),
            ("http", "/readyz"),
            ("metrics", "/metrics"),
        }
        assert {each["port"] for each in probes} <= set(ports)
        assert ports["metrics"] == 9091

    def test_selectors_and_backends_find_their_pods(self) -> None:
        labels = [each["spec"]["template"]["metadata"]["labels"] for each in WORKLOADS]
        chosen = [
            each["spec"]["selector"] for (kind, _), each in MANIFESTS.items() if kind in ("Deployment", "PodDisruptionBudget")
        ]
        for each in [*(every["matchLabels"] for every in chosen), MANIFESTS["Service", "gateway-web"]["spec"]["selector"]]:
            assert any(each.items() <= every.items() for every in labels)
        (rule,) = MANIFESTS["Ingress", "gateway"]["spec"]["rules"]
        assert rule["http"]["paths"][0]["backend"]["service"] == {"name": "gateway-web", "port": {"name": "http"}}


def unit(name: str) -> configparser.ConfigParser:
    parsed = configparser.ConfigParser(strict=True, interpolation=None)
    parsed.optionxform = str  # type: ignore[assignment,method-assign]  # names keep their capitals
    parsed.read(DEPLOY / "systemd" / name)
    return parsed


@pytest.mark.parametrize(
    ("name", "command"), [("gateway.service", "up"), ("gateway-web.service", "serve"), ("gateway-worker@.service", "worker")]
)
def test_a_unit_runs_a_command_that_exists_and_has_time_to_finish(name: str, command: str) -> None:
    service = unit(name)["Service"]
    assert service["ExecStart"] == f"/opt/gateway/bin/gateway {command}"
    assert command in COMMANDS
    assert int(service["TimeoutStopSec"]) > LONGEST_DRAIN + 5
    assert {"Unit", "Service", "Install"} == set(unit(name).sections())


def test_proxies_let_through_what_the_gateway_takes() -> None:
    largest = int(Settings.model_fields["max_body_bytes"].default) // 1024 // 1024
    caddy, nginx = (DEPLOY / "proxy/Caddyfile").read_text(), (DEPLOY / "proxy/nginx.conf").read_text()
    ingress = MANIFESTS["Ingress", "gateway"]["metadata"]["annotations"]
    assert f"max_size {largest}MB" in caddy
    assert f"client_max_body_size {largest}m;" in nginx
    assert ingress["nginx.ingress.kubernetes.io/proxy-body-size"] == f"{largest}m"
    for text in (caddy, nginx, ingress["nginx.ingress.kubernetes.io/proxy-read-timeout"]):
        assert "320" in text
    assert "X-Forwarded-For $proxy_add_x_forwarded_for" in nginx


def test_the_live_view_has_the_address_that_proxies_do_not_buffer() -> None:
    nginx = (DEPLOY / "proxy/nginx.conf").read_text()
    (place,) = re.findall(r"location (/console\S+)", nginx)
    addresses = {getattr(route, "path", "") for route in create_app(Settings()).routes}
    assert place in addresses
