"""Prints what was measured: the machine it was measured on, and Markdown tables."""

import os
import platform
import subprocess
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).parents[2]
CPU_LIST = Path("/proc/cpuinfo")


def print_table(title: str, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """With a line on the machine, because no figure means anything without it."""
    print(f"\n### {title}\n\n{machine()}\n")
    for row in (columns, ["---"] * len(columns), *rows):
        print(f"| {' | '.join(row)} |", flush=True)


def machine() -> str:
    load = os.getloadavg()[0]
    return (
        f"{os.cpu_count()} cores, {_cpu_model()}, Python {platform.python_version()}, commit {_commit()}, "
        f"load average {load:.1f}"
    )


def _cpu_model() -> str:
    lines = CPU_LIST.read_text().splitlines() if CPU_LIST.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


def _commit() -> str:
    command = ["git", "describe", "--always", "--dirty=+", "--exclude=*"]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False).stdout.strip()
