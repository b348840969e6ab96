"""One word for one thing (see the glossary in docs/architecture.md), and none that say nothing."""

import ast
import re

import pytest

from tests.rules.sources import Source, own_sources

FORBIDDEN_WORDS = {
    *("utils", "util", "helpers", "helper", "common", "misc", "core", "base"),
    *("manager", "service", "impl", "data", "info", "abstract"),
}
FORBIDDEN_MODULES = {"handler", "handlers"}
FORBIDDEN_VERBS = ("process_", "do_", "perform_")
GIVEN = {  # names that others chose: SQLAlchemy, httpcore, asyncio, and the setting LIMNER_DATA_DIR
    "get_extra_info",
    "process_bind_param",
    "process_result_value",
    "resolved_data_dir",
    "data_received",
}


def words(name: str) -> set[str]:
    """The words of a snake_case or CamelCase name, in lower case."""
    return {word.lower() for word in re.findall(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])", name)}


@pytest.mark.parametrize("source", own_sources(), ids=lambda source: source.name)
def test_no_name_says_nothing(source: Source) -> None:
    names = {node.name for node in (*source.functions(), *source.classes())} - GIVEN
    bad = [name for name in names if words(name) & FORBIDDEN_WORDS]
    bad += [name for name in names if name.lstrip("_").startswith(FORBIDDEN_VERBS) or name.endswith("_async")]
    bad += [name for name in names if re.match(r"I[A-Z][a-z]", name)]
    assert bad == []
    assert not words(source.path.stem) & (FORBIDDEN_WORDS | FORBIDDEN_MODULES)


@pytest.mark.parametrize("source", own_sources(), ids=lambda source: source.name)
def test_every_module_says_what_it_is_for(source: Source) -> None:
    assert ast.get_docstring(source.tree)
