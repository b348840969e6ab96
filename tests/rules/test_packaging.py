"""What is shipped, and what is not."""

import json
import re
import shutil
import subprocess
import sys
import tomllib
from importlib.metadata import PackageNotFoundError, requires
from pathlib import Path
from zipfile import ZipFile

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.rules.sources import ROOT

PIN = re.compile(r"[a-z0-9-]+==[0-9][0-9.]*(post[0-9]+)?( *;.*)?( *#.*)?")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> ZipFile:
    """The wheel, built from a copy so that the checkout stays clean."""
    folder = tmp_path_factory.mktemp("wheel")
    for name in ("pyproject.toml", "README.md"):
        shutil.copy(ROOT / name, folder)
    ignored = shutil.ignore_patterns("__pycache__", "*.egg-info")
    shutil.copytree(ROOT / "src", folder / "src", ignore=ignored)
    shutil.copytree(ROOT / "training", folder / "training", ignore=ignored)
    build = [
        sys.executable,
        "-m",
        "pip",
        "wheel",
        "-q",
        "--no-deps",
        "--no-build-isolation",
        "-w",
        "out",
        ".",
    ]
    subprocess.run(build, cwd=folder, check=True, capture_output=True)
    return ZipFile(next((folder / "out").glob("*.whl")))


def test_the_wheel_holds_every_file_of_the_package(wheel: ZipFile) -> None:
    package = ROOT / "src"
    files = {str(path.relative_to(package)) for path in package.rglob("limner/**/*") if path.is_file()}
    shipped = {name for name in wheel.namelist() if ".dist-info/" not in name}
    assert shipped == {name for name in files if "__pycache__" not in name}


def test_the_wheel_holds_neither_training_nor_sprites(wheel: ZipFile) -> None:
    names = wheel.namelist()
    assert [name for name in names if not name.startswith(("limner/", "limner-"))] == []
    own = "limner/api/web/mark.svg"  # the page's own mark
    foreign = [name for name in names if re.search(r"sprite|emoji|training|\.svg$|icons", name)]
    assert [name for name in foreign if name != own] == []


REQUIREMENTS = [
    "requirements.txt",
    "requirements-dev.txt",
    "requirements-classifiers.txt",
    "requirements-gpu.txt",
    "requirements-upstreams.txt",
    *sorted(str(path.relative_to(ROOT)) for path in (ROOT / "tests/clients/requirements").iterdir()),
]


@pytest.mark.parametrize("name", REQUIREMENTS)
def test_requirements_are_pinned_and_name_no_host(name: str) -> None:
    lines = [
        line for line in (ROOT / name).read_text().splitlines() if line and not line.startswith(("#", "-r "))
    ]
    assert [line for line in lines if not PIN.fullmatch(line)] == []


def test_the_npm_clients_are_pinned_and_name_no_host() -> None:
    lock = json.loads((ROOT / "tests/clients/package-lock.json").read_text())
    packages = {name: package for name, package in lock["packages"].items() if name}
    assert [name for name, package in packages.items() if "resolved" in package] == []
    assert [name for name, package in packages.items() if "integrity" not in package] == []


def test_what_the_package_asks_for_is_pinned() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    pinned = {
        line.split("==")[0] for line in (ROOT / "requirements.txt").read_text().splitlines() if "==" in line
    }
    asked = {re.split(r"[\[<>=;]", requirement)[0] for requirement in project["dependencies"]}
    assert asked <= pinned


def test_what_the_pinned_packages_ask_for_is_pinned() -> None:
    """They are installed with --no-deps: what is missing here is missing there, and fpng was, unnoticed."""
    lines = [
        line for line in (ROOT / "requirements.txt").read_text().splitlines() if not line.startswith("#")
    ]
    pinned = {canonicalize_name(Requirement(line.split("#")[0]).name) for line in lines}
    asked = {
        canonicalize_name(needed.name)
        for name in pinned
        for needed in map(Requirement, requires_of(name))
        if needed.marker is None or needed.marker.evaluate({"extra": ""})
    }
    left_out = {"openvino-telemetry", "requests", "toml"}  # on purpose: requirements.txt says why
    assert asked - pinned == left_out


OF_THE_PLATFORM = {"torch"}  # which build of it fits is the GPU's to say


@pytest.mark.parametrize(
    ("name", "extras"),
    [("upstreams", ("openai", "gemini", "wavespeed")), ("otel", ("otel",)), ("gpu", ("gpu",))],
)
def test_the_pins_of_extras_are_complete_beside_the_others(name: str, extras: tuple[str, ...]) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    own, others = pins_of(f"requirements-{name}.txt"), pins_of("requirements.txt")
    named = [Requirement(text).name for extra in extras for text in project["optional-dependencies"][extra]]
    asked = {canonicalize_name(one) for one in named}
    assert asked - OF_THE_PLATFORM <= own
    needed = {
        canonicalize_name(needed.name)
        for name in own
        for needed in map(Requirement, requires_of(name))
        if needed.marker is None or needed.marker.evaluate({"extra": ""})
    }
    assert needed - own - others <= OF_THE_PLATFORM
    assert own & others == set()


def pins_of(name: str) -> set[str]:
    lines = (ROOT / name).read_text().splitlines()
    return {canonicalize_name(line.split("==")[0]) for line in lines if "==" in line}


def requires_of(name: str) -> list[str]:
    try:
        return requires(name) or []
    except PackageNotFoundError:  # pinned for other platforms
        return []


def test_the_default_install_has_no_torch() -> None:
    pins = (ROOT / "requirements.txt").read_text()
    assert not re.search(r"^(torch|nvidia|diffusers|transformers)", pins, re.MULTILINE)


def test_ci_runs_the_tests_and_nothing_else() -> None:
    commands = [
        line for line in Path(ROOT / ".ci/run").read_text().splitlines() if not line.startswith(("#", "set"))
    ]
    assert commands == ['exec "$(dirname "${BASH_SOURCE[0]}")/../scripts/test"']
