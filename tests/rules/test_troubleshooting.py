"""docs/troubleshooting.md shows messages as they are: each is one that the source can say."""

import ast
import re

import pytest

from tests.rules.sources import ROOT, sources

PAGE = (ROOT / "docs" / "troubleshooting.md").read_text()
ANYTHING = "…"  # in the page, for what differs from case to case
ENOUGH_LETTERS = 10
ELSEWHERE = {
    "status `created`, and stays so",
    "`warnings` lists words of the prompt",
    "links begin with `http://127.0.0.1:8000`, and nobody else can open them",
    "webhooks come, and the signature is wrong",
    "no picture in the terminal, only its path",
}
"""What one sees, and nobody says."""


def shown() -> list[str]:
    """The first cell of every row that holds no status, and no heading."""
    rows = [line.strip("|").split(" | ") for line in PAGE.splitlines() if line.startswith("| ")]
    cells = [row[1] if row[0].strip().isdecimal() else row[0] for row in rows]
    return [
        cell.strip() for cell in cells if cell.strip() not in ("it says", "they say", "it happens", "status")
    ]


def templates() -> list[str]:
    """Every text in the source, with a gap for what is put in: as a pattern."""
    found = set()
    for source in sources("src/limner"):
        inner = {
            id(part)
            for node in ast.walk(source.tree)
            if isinstance(node, ast.JoinedStr)
            for part in node.values
        }
        for node in ast.walk(source.tree):
            if isinstance(node, ast.JoinedStr):
                found.add(_pattern(node))
            elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in inner:
                found.add(re.escape(node.value))
    return [pattern for pattern in found if len(re.sub(r"\.\*|\\", "", pattern)) >= ENOUGH_LETTERS]


def _pattern(node: ast.JoinedStr) -> str:
    parts = (re.escape(str(part.value)) if isinstance(part, ast.Constant) else ".*" for part in node.values)
    return "".join(parts)


TEMPLATES = templates()


def said_by_the_source(message: str) -> bool:
    return any(re.fullmatch(pattern, message, re.DOTALL) for pattern in TEMPLATES)


def test_every_row_is_looked_at() -> None:
    num_rows, num_tables = len(re.findall(r"^\| ", PAGE, re.M)), len(re.findall(r"^\|-", PAGE, re.M))
    assert len(shown()) == num_rows - num_tables  # each has a heading
    assert set(shown()) >= ELSEWHERE


@pytest.mark.parametrize("cell", [cell for cell in shown() if cell not in ELSEWHERE])
def test_the_source_says_so(cell: str) -> None:
    assert cell.startswith("`")
    assert cell.endswith("`")
    assert said_by_the_source(cell.strip("`")), cell


def test_what_nobody_says_is_not_found() -> None:
    assert not said_by_the_source("the printer is out of paper")
    assert not said_by_the_source("there is no printer")
