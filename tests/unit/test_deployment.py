"""The files that deploy Limner: by their schemas, by a linter, and by running the queries that they hold."""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml
from sqlalchemy import text

from limner.predictions import lifecycle
from limner.settings import Settings
from tests.unit.conftest import OpenWorkplace

ROOT = Path(__file__).parents[2]
KUBERNETES = sorted((ROOT / "deploy" / "kubernetes").rglob("*.yaml"))
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text())
ALERTS = (ROOT / "deploy" / "prometheus" / "alerts.yml").read_text()
DASHBOARD = (ROOT / "deploy" / "grafana" / "limner.json").read_text()


def objects() -> list[dict[str, Any]]:
    """Of all Kubernetes files, but for what kustomize alone reads."""
    files = [path for path in KUBERNETES if path.name != "kustomization.yaml"]
    return [one for path in files for one in yaml.safe_load_all(path.read_text())]


@pytest.mark.parametrize("one", objects(), ids=lambda one: f"{one['kind']} {one['metadata']['name']}")
def test_every_object_is_as_kubernetes_has_it(one: dict[str, Any]) -> None:
    if one["apiVersion"].startswith("keda.sh/"):
        pytest.skip("no package has KEDA's schema; its query is run below")
    template = one.get("spec", {}).get("template")
    if one["kind"] == "Deployment":  # kustomize writes the name into labels and selectors
        assert one["spec"]["selector"]["matchLabels"].items() <= template["metadata"]["labels"].items()
    kubernetes_validate.validate(one, "1.37", strict=True)


def test_the_bases_name_every_file_beside_them() -> None:
    base = ROOT / "deploy" / "kubernetes" / "base"
    named = yaml.safe_load((base / "kustomization.yaml").read_text())["resources"]
    assert sorted(named) == sorted(
        path.name for path in base.glob("*.yaml") if path.name != "kustomization.yaml"
    )


@pytest.mark.skipif(not shutil.which("kubectl"), reason="kubectl is not installed")
@pytest.mark.parametrize("folder", ["base", "cuda"])
def test_kustomize_renders_them(folder: str) -> None:
    command = ["kubectl", "kustomize", str(ROOT / "deploy" / "kubernetes" / folder)]
    rendered = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    found = {one["kind"]: one for one in yaml.safe_load_all(rendered)}
    assert {"Deployment", "Service", "Job", "PodDisruptionBudget", "ScaledObject", "ConfigMap"} <= set(found)


def test_the_linter_has_nothing_to_say_of_the_dockerfile() -> None:
    command = [Path(sys.executable).with_name("hadolint"), ROOT / "Dockerfile"]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (result.stdout, result.returncode) == ("", 0)


def test_every_setting_that_is_set_exists() -> None:
    known = {f"LIMNER_{name.upper()}" for name in Settings.model_fields}
    written = "\n".join(
        path.read_text() for path in [ROOT / "compose.yaml", ROOT / "Dockerfile", *KUBERNETES]
    )
    assert set(re.findall(r"\bLIMNER_[A-Z_]+\b", written)) - known == set()


def test_images_are_named_plainly() -> None:
    images = [service["image"] for service in COMPOSE["services"].values()]
    images += re.findall(r"^ARG PYTHON=(\S+)", (ROOT / "Dockerfile").read_text(), re.MULTILINE)
    assert [name for name in images if "." in name.partition("/")[0].partition(":")[0]] == []


def test_compose_starts_what_depends_on_what_in_order() -> None:
    services = COMPOSE["services"]
    for name, service in services.items():
        needed = service.get("depends_on", {})
        assert set(needed) <= set(services), name
        for other, how in needed.items():
            if how["condition"] == "service_healthy":
                assert "healthcheck" in services[other], other
    for name in ("api", "worker"):
        assert services[name]["deploy"]["replicas"] == 2
        mounted = [path.split(":")[0] for path in services[name].get("volumes", [])]
        assert mounted == []  # everything lies in the database and the bucket
    files = [v.split(":")[0] for s in services.values() for v in s.get("volumes", []) if v.startswith("./")]
    assert [path for path in files if not (ROOT / path).exists()] == []


def scaling_query() -> tuple[str, float]:
    (scaled,) = [one for one in objects() if one["kind"] == "ScaledObject"]
    (trigger,) = scaled["spec"]["triggers"]
    return trigger["metadata"]["query"], float(trigger["metadata"]["targetQueryValue"])


def test_the_scaling_query_counts_pictures_that_wait_or_are_made(open_workplace: OpenWorkplace) -> None:
    workplace = open_workplace()
    query, target = scaling_query()

    def asked() -> float:
        with workplace.runtime.database.read() as tx:
            return float(tx.execute(text(query)).scalar_one())

    assert asked() == 0
    first = workplace.submit()
    one = asked()
    assert one > 0
    workplace.submit(num_images=3)
    assert asked() == pytest.approx(4 * one)
    with workplace.runtime.database.begin() as tx:
        lifecycle.begin(tx, first.id, 1, "0" * 32, workplace.runtime.clock.now())
    assert asked() == pytest.approx(4 * one)
    assert target >= one  # one picture does not ask for two workers


def test_alerts_ask_for_figures_that_the_dashboard_knows() -> None:
    def names(written: str) -> set[str]:
        return set(re.findall(r"\blimner_\w+", written))

    rules = [rule for group in yaml.safe_load(ALERTS)["groups"] for rule in group["rules"]]
    assert len(rules) >= 5
    assert names(ALERTS) <= names(DASHBOARD)
    for panel in json.loads(DASHBOARD)["panels"]:
        assert panel["targets"], panel["title"]
