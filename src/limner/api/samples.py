"""Each operation as somebody would call it with curl, Python (requests) or JavaScript (fetch), from its
description and the examples in it. A test runs every one of them.
"""

import json
import textwrap
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

FILE, SAVED = "apple.png", "picture.png"
JSON, FORM = "application/json", "multipart/form-data"
EVENTS, TEXT = "text/event-stream", "text/plain"


@dataclass(frozen=True)
class Call:
    """What is to be sent, and what comes back."""

    method: str
    url: str
    needs_key: bool
    sends: str  # the content type of the body; empty without one
    body: Any
    gives: str  # the content type of the answer


def call_of(origin: str, name: str, operation: Mapping[str, Any]) -> Call:
    method, path = name.split(" ")
    query = {}
    for parameter in operation.get("parameters", []):
        if "example" in parameter and parameter["in"] == "path":
            path = path.replace(f"{{{parameter['name']}}}", str(parameter["example"]))
        elif "example" in parameter and parameter["in"] == "query":
            query[parameter["name"]] = parameter["example"]
    content = operation.get("requestBody", {}).get("content", {})
    sends: str = next(iter(content), "")
    return Call(
        method=method,
        url=origin + path + ("?" + urlencode(query) if query else ""),
        needs_key="security" in operation,
        sends=sends,
        body=content[sends].get("example") if sends else None,
        gives=next(iter(operation["responses"]["200"].get("content", {})), ""),
    )


def curl(call: Call) -> str:
    parts = ["curl"]
    if call.gives == EVENTS:
        parts.append("-N")  # shows each event as it comes
    if call.sends in ("", JSON) and call.method not in ("GET", "POST" if call.body is not None else ""):
        parts.append(f"-X {call.method}")
    first = " ".join([*parts, call.url])
    lines = [first]
    if call.needs_key:
        lines.append('-H "Authorization: Bearer $LIMNER_API_KEY"')
    if call.sends == JSON:
        lines += [f'-H "Content-Type: {JSON}"', f"-d '{json.dumps(call.body)}'"]
    elif call.sends == FORM:
        lines.append(f"-F file=@{FILE}")
    elif call.sends:
        lines.append(f"-T {FILE}")
    if _is_file(call):
        lines.append(f"-o {SAVED}")
    return " \\\n  ".join(lines)


def python(call: Call) -> str:
    arguments = [f'"{call.url}"']
    if call.needs_key:
        arguments.append('headers={"Authorization": f"Bearer {os.environ[\'LIMNER_API_KEY\']}"}')
    if call.sends == JSON:
        arguments.append(f"json={call.body!r}".replace("'", '"'))
    elif call.sends == FORM:
        arguments.append(f'files={{"file": open("{FILE}", "rb")}}')
    elif call.sends:
        arguments.append(f'data=open("{FILE}", "rb")')
    if call.gives == EVENTS:
        arguments.append("stream=True")
    imports = "import os\n\nimport requests" if call.needs_key else "import requests"
    sent = f"requests.{call.method.lower()}(\n" + "".join(f"    {given},\n" for given in arguments) + ")"
    return f"{imports}\n\nresponse = {sent}\nresponse.raise_for_status()\n{_python_end(call)}"


def _python_end(call: Call) -> str:
    if call.gives == EVENTS:
        return "for line in response.iter_lines():\n    print(line.decode())"
    if call.gives == JSON:
        return "print(response.json())"
    if call.gives.startswith(TEXT):
        return "print(response.text)"
    return f'open("{SAVED}", "wb").write(response.content)'


def javascript(call: Call) -> str:
    options, before = [], []
    if call.method != "GET":
        options.append(f'method: "{call.method}"')
    headers = ["Authorization: `Bearer ${process.env.LIMNER_API_KEY}`"] if call.needs_key else []
    if call.sends == JSON:
        headers.append(f'"Content-Type": "{JSON}"')
    if headers:
        options.append(f"headers: {{ {', '.join(headers)} }}")
    if call.sends == JSON:
        options.append(f"body: JSON.stringify({json.dumps(call.body)})")
    elif call.sends:
        before.append('import { readFile } from "node:fs/promises";\n')
        options.append("body: form" if call.sends == FORM else f'body: await readFile("{FILE}")')
    if call.sends == FORM:
        before.append("const form = new FormData();")
        before.append(f'form.append("file", new Blob([await readFile("{FILE}")]), "{FILE}");')
    if _is_file(call):
        before.append('import { writeFile } from "node:fs/promises";\n')
    given = ", {\n" + "".join(f"  {option},\n" for option in options) + "}" if options else ""
    check = "if (!response.ok) throw new Error(await response.text());"
    return "\n".join(
        [*before, f'const response = await fetch("{call.url}"{given});', check, _javascript_end(call)]
    )


def _javascript_end(call: Call) -> str:
    if call.gives == EVENTS:
        return textwrap.dedent("""\
            for await (const text of response.body.pipeThrough(new TextDecoderStream())) {
              console.log(text);
            }""")
    if call.gives == JSON:
        return "console.log(await response.json());"
    if call.gives.startswith(TEXT):
        return "console.log(await response.text());"
    return f'await writeFile("{SAVED}", Buffer.from(await response.arrayBuffer()));'


def _is_file(call: Call) -> bool:
    return call.gives not in (JSON, EVENTS) and not call.gives.startswith(TEXT)


SAMPLES = {"curl": ("sh", curl), "Python": ("python", python), "JavaScript": ("js", javascript)}
"""By language: the name that Markdown has for it, and how it is written."""
