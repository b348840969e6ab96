"""What the documentation says is what the code does: settings, commands, errors, routes, files, examples."""

import ast
import inspect
import re
import subprocess
import tomllib

import pytest
import typer
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined
from typer.core import TyperGroup

from limner import cli, errors
from limner.api.description import REFUSALS, operations
from limner.api.reference import markdown, page
from limner.errors import LimnerError
from limner.settings import Settings
from tests.rules.reference import description
from tests.rules.sources import ROOT


def read(name: str) -> str:
    return (ROOT / name).read_text()


def table_rows(text: str) -> dict[str, str]:
    """First cell to the rest, of every row whose first cell is code."""
    return dict(re.findall(r"^\| `([^`]+)` \|(.*)\|$", text, re.MULTILINE))


def test_every_setting_is_documented_in_its_own_words() -> None:
    rows = table_rows(read("docs/operating.md").partition("## Settings")[2])
    documented = {name: text.strip() for name, text in rows.items() if name.startswith("LIMNER_")}
    assert documented == {
        f"LIMNER_{name.upper()}": f"{_default(field)} | {field.description}".strip()
        for name, field in Settings.model_fields.items()
    }


def _default(field: FieldInfo) -> str:
    return "" if field.default in (None, "", PydanticUndefined) else f"`{field.default}`"


def test_every_command_and_option_is_documented() -> None:
    page = read("docs/operating.md").partition("## Settings")[0]
    documented = [name for name in table_rows(page) if name.startswith("limner ")]
    usages = list(_usages(typer.main.get_command(cli.app), "limner"))
    assert len(documented) == len(usages)
    for usage, options in usages:
        (line,) = [line for line in documented if re.match(rf"{usage}( |$)", line)]
        assert {option for option in options if option not in line} == set()


def _usages(command: object, path: str) -> list[tuple[str, set[str]]]:
    if isinstance(command, TyperGroup):
        return [usage for name, sub in command.commands.items() for usage in _usages(sub, f"{path} {name}")]
    parameters = command.params  # type: ignore[attr-defined]
    shown = [parameter for parameter in parameters if not getattr(parameter, "hidden", False)]
    return [(path, {parameter.opts[0] for parameter in shown if parameter.param_type_name == "option"})]


def test_every_error_is_documented_with_its_status() -> None:
    codes = {
        kind.code for _, kind in inspect.getmembers(errors, inspect.isclass) if issubclass(kind, LimnerError)
    }
    assert codes <= set(REFUSALS)


def test_every_operation_says_what_it_does() -> None:
    silent = [name for name, operation in operations(description()) if not operation.get("description")]
    assert silent == []


def test_the_page_of_the_api_is_up_to_date() -> None:
    """Otherwise: scripts/fix."""
    assert read("docs/api.md") == markdown(description())


def test_the_page_at_docs_is_whole_and_loads_nothing() -> None:
    html = page(description(), "http://limner.example")
    assert set(re.findall(r'href="#([^"]+)"', html)) <= set(re.findall(r' id="([^"]+)"', html))
    assert not re.search(r"<script|<link|<img|src=|@import|url\(", html)
    assert "http://limner.example/api/v3/google/imagen4" in html


def test_the_readmes_tree_is_the_real_tree() -> None:
    tree = re.search(r"```\n(README\.md .*?)```", read("README.md"), re.DOTALL)
    assert tree is not None
    listed, folder = set(), ""
    for line in tree[1].splitlines():
        name = line.split()[0]
        if not line.startswith(" "):
            folder = name if line.strip() == name else ""
        listed.add(name if not line.startswith(" ") else folder + name)
    assert listed == _real_tree()


def _real_tree() -> set[str]:
    """Files and folders at the top, in src/limner and in tests, folders with a slash at the end."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    files = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.splitlines()
    found = set()
    for name in files:
        if not (ROOT / name).exists():
            continue
        for opened in ("src/limner/", "tests/", ""):
            if name.startswith(opened):
                first, slash, _ = name.removeprefix(opened).partition("/")
                found |= {opened, opened + first + slash} - {""}
                break
    return found


@pytest.mark.parametrize("page", ["README.md", "docs/api.md"])
def test_python_examples_are_python(page: str) -> None:
    examples = re.findall(r"```python\n(.*?)```", read(page), re.DOTALL)
    assert examples
    for example in examples:
        ast.parse(example)


def test_links_between_pages_lead_somewhere() -> None:
    pages = [ROOT / "README.md", ROOT / "CHANGELOG.md", *(ROOT / "docs").rglob("*.md")]
    broken = [
        f"{page.name}: {target}"
        for page in pages
        for target in re.findall(r"\]\((?!https?://)([^)#]+)", page.read_text())
        if not (page.parent / target).exists()
    ]
    assert broken == []


def test_the_changelog_begins_with_this_version() -> None:
    version = tomllib.loads(read("pyproject.toml"))["project"]["version"]
    assert re.findall(r"^## \[(.+?)\]", read("CHANGELOG.md"), re.MULTILINE)[0] == version
