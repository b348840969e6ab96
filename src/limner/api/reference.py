"""The reference of the API, from its description: as Markdown for docs/api.md, as a page for /docs, which
needs no script and nothing from elsewhere.
"""

import html
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any

from markdown_it import MarkdownIt

from limner.api.description import REFUSALS, Operation, operations
from limner.api.samples import SAMPLES, call_of

DEFAULT_ORIGIN = "http://127.0.0.1:8000"
FIRST = "POST /api/v3/{model_id}"
GROUPS = {
    "predictions": "Predictions",
    "pictures": "Pictures",
    "provenance": "Provenance",
    "models": "Models and prices",
    "account": "Account",
    "uploads": "Uploads",
    "webhooks": "Webhooks",
    "own account": "The account and its keys",
    "operation": "Operation",
    "website": "The catalog of the website",
}
ENVELOPES = re.compile("^Envelope_|^ErrorEnvelope$")

INTRODUCTION = """\
# The API

Limner speaks the WaveSpeed v3 image API: change the base URL and the key, and a client goes on working. This page is made
from the description that every server has at `/openapi.json`; a server shows it at `/docs`, too.

    Authorization: Bearer <key>

goes with every call but those that say otherwise. Answers are always `{"code": 200, "message": "success", "data": …}` with
HTTP 200, or `{"code": <status>, "message": <what is wrong>, "data": null}` with that HTTP status. Every answer has an
`X-Request-Id`, which the server's log has too. The pages of the server itself show a session cookie in place of the key. Submit, result and the upload of a form also answer under `/api/v2`, for old
clients. HEAD is answered as GET. In the samples, `LIMNER_API_KEY` is a key.
"""  # noqa: E501

INPUTS = """\
Inputs that a model does not take are dropped, and so is what nobody knows: `warnings` lists them, and `strict=1` refuses
them. `null` means that nothing was said. Picture k of a request, counted from 0, uses seed + k, and equals the single picture
of that seed. The names behind the models are those that clients ask for; which engine and weights made a picture stands in
`made_by` and in the header `X-Limner-Engine`. The built-in model is Limner's own and never passed off as Google's.
"""  # noqa: E501

ERRORS = """\
A request that is refused costs nothing and holds nothing. A prediction that failed costs nothing: its `status` is
`failed`, `error` says why, and `code` is one of 1200 (filtered), 1405 (the engine could not, or its caller cancelled it),
5000 (our fault), 5004 (took too long).
"""  # noqa: E501


def markdown(document: Mapping[str, Any], origin: str = DEFAULT_ORIGIN) -> str:
    """``document`` is the whole description."""
    parts = [INTRODUCTION, *_contents(document), *_models(document), *_errors()]
    groups = _groups(document)
    for tag, members in groups.items():
        parts.append(f"## {GROUPS[tag]}\n")
        for name, operation in members:
            parts += _operation(document, origin, name, operation)
    parts.append("## Shapes\n\nWhat answers hold. Every field is always there.\n")
    for name, schema in sorted(document["components"]["schemas"].items()):
        if not ENVELOPES.match(name):
            parts.append(f"### {name}\n")
            parts += [_text(schema["description"]) + "\n"] if "description" in schema else []
            parts.append(_fields(schema))
    return "\n".join(part.rstrip("\n") + "\n" for part in parts)


def _groups(document: Mapping[str, Any]) -> dict[str, list[tuple[str, Operation]]]:
    groups: dict[str, list[tuple[str, Operation]]] = {tag: [] for tag in GROUPS}
    for name, operation in operations(dict(document)):
        groups[operation["tags"][0]].append((name, operation))
    for members in groups.values():
        members.sort(key=lambda member: member[0] != FIRST)
    return groups


def _contents(document: Mapping[str, Any]) -> Iterator[str]:
    yield "## Routes\n"
    rows = [
        f"| [`{name}`](#{anchor(name)}) | {_first_sentence(operation)} |"
        for members in _groups(document).values()
        for name, operation in members
    ]
    yield "\n".join(["| route | what it does |", "|---|---|", *rows])


def _first_sentence(operation: Operation) -> str:
    text = operation["description"].replace("\n", " ")
    return str(re.split(r"(?<=[.;:]) ", text)[0].rstrip(".;:"))


def _models(document: Mapping[str, Any]) -> Iterator[str]:
    (body,) = document["paths"]["/api/v3/{model_id}"]["post"]["requestBody"]["content"].values()
    yield "## Models and inputs\n"
    models = document["x-models"]
    rows = [f"| `{model['id']}` | {model['price']:.3f} | {model['description']} |" for model in models]
    yield "\n".join(["| model | dollars per picture | |", "|---|---|---|", *rows])
    inputs = [_input_row(name, field, body["schema"], models) for name, field in _properties(body["schema"])]
    yield "\n".join(["| input | type | default | |", "|---|---|---|---|", *inputs])
    yield INPUTS


def _input_row(
    name: str, field: Mapping[str, Any], schema: Mapping[str, Any], models: Sequence[Mapping[str, Any]]
) -> str:
    default = "required" if name in schema["required"] else _code(field.get("default"))
    taking = [f"`{model['id']}`" for model in models if name in model["inputs"]]
    only = f" Only {' and '.join(taking)}." if 0 < len(taking) < len(models) else ""
    return f"| `{name}` | {_type(field)} | {default} | {field['description']}{only} |"


def _errors() -> Iterator[str]:
    yield "## Errors\n"
    rows = [f"| `{status}` | {meaning} |" for status, meaning in REFUSALS.items()]
    yield "\n".join(["| status | |", "|---|---|", *rows])
    yield ERRORS


def _operation(document: Mapping[str, Any], origin: str, name: str, operation: Operation) -> Iterator[str]:
    yield f"### {name}\n"
    key = "" if "security" in operation else " Needs no key."
    yield f"{operation['description']}{key}\n"
    yield from _parameters(operation)
    yield from _body(operation)
    yield _answer(document, operation)
    refused = [f"`{status}`" for status in operation["responses"] if int(status) >= 400]
    yield f"Refusals and failures: {', '.join(refused)}.\n"
    call = call_of(origin, name, operation)
    for language, (fence, write) in SAMPLES.items():
        summary = f"<details><summary>{language}</summary>"
        yield f"{summary}\n\n```{fence}\n{write(call)}\n```\n\n</details>\n"


def _parameters(operation: Operation) -> Iterator[str]:
    shown = [
        f"| `{parameter['name']}` | {parameter['in']} | {_type(parameter['schema'])} |"
        f" {_text(parameter.get('description', ''))} |"
        for parameter in operation.get("parameters", [])
        if parameter["in"] != "path"
    ]
    if shown:
        yield "\n".join(["| parameter | in | type | |", "|---|---|---|---|", *shown]) + "\n"


def _body(operation: Operation) -> Iterator[str]:
    for content_type, content in operation.get("requestBody", {}).get("content", {}).items():
        if "properties" in content["schema"]:
            yield f"The body is `{content_type}`:\n"
            yield _fields(content["schema"])
        else:
            yield f"The body is `{content_type}`, the bytes themselves.\n"


def _answer(document: Mapping[str, Any], operation: Operation) -> str:
    success = operation["responses"]["200"]
    content = success.get("content", {})
    if "application/json" not in content:
        kinds = " or ".join(f"`{kind}`" for kind in content)
        return f"The answer is {kinds}. {_text(success['description'])}\n"
    schema = content["application/json"]["schema"]
    envelope = document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    data = envelope["properties"].get("data") if "data" in envelope["properties"] else None
    if data is None:
        return f"The answer, without an envelope, is {_type(schema)}.\n"
    return f"`data` is {_type(data)}.\n"


def _fields(schema: Mapping[str, Any]) -> str:
    rows = [
        f"| `{name}` | {_type(field)} | {_default(field)}{_text(field.get('description', ''))} |"
        for name, field in _properties(schema)
    ]
    return "\n".join(["| field | type | |", "|---|---|---|", *rows]) + "\n"


def _properties(schema: Mapping[str, Any]) -> Iterable[tuple[str, Mapping[str, Any]]]:
    properties: Mapping[str, Mapping[str, Any]] = schema.get("properties", {})
    return properties.items()


def _default(field: Mapping[str, Any]) -> str:
    default = field.get("default")
    return "" if default in (None, "") else f"By default {_code(default)}. "


def _type(schema: Mapping[str, Any]) -> str:
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return f"[{name}](#{anchor(name)})"
    if "anyOf" in schema:
        kinds = [_type(one) for one in schema["anyOf"] if one.get("type") != "null"]
        return " or ".join(kinds)
    if "enum" in schema:
        return " or ".join(_code(value) for value in schema["enum"])
    if "const" in schema:
        return _code(schema["const"])
    if schema.get("type") == "array":
        return f"array of {_type(schema['items'])}"
    return str(schema.get("type", "any")) + _limits(schema)


def _limits(schema: Mapping[str, Any]) -> str:
    lowest, highest = (schema.get(name, schema.get(f"{name[:3]}Length")) for name in ("minimum", "maximum"))
    unit = " characters" if "maxLength" in schema else ""
    if lowest is not None and highest is not None:
        return f", {lowest} to {highest}{unit}"
    if highest is not None:
        return f", at most {highest}{unit}"
    return f", at least {lowest}" if lowest is not None else ""


def _code(value: Any) -> str:
    if value in (None, ""):
        return ""
    return f"`{str(value).lower() if isinstance(value, bool) else value}`"


def _text(text: str) -> str:
    return text.replace("\n", " ").replace("|", "\\|")


def anchor(heading: str) -> str:
    """As GitHub makes it of a heading."""
    return re.sub(r"[^a-z0-9_\- ]", "", heading.lower()).replace(" ", "-")


STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; max-width: 62rem; margin: 2rem auto; padding: 0 1rem; }
body { color: #222; background: #fff; }
table { border-collapse: collapse; display: block; overflow-x: auto; margin: 1rem 0; }
td, th { border: 1px solid #8884; padding: .3rem .6rem; text-align: left; vertical-align: top; }
code, pre { font: 14px/1.45 ui-monospace, monospace; }
pre { background: #8882; padding: .8rem; overflow-x: auto; border-radius: .4rem; }
h2 { margin-top: 3rem; border-bottom: 1px solid #8884; }
h3 { margin-top: 2.5rem; }
summary { cursor: pointer; }
a { color: #06c; }
@media (prefers-color-scheme: dark) {
  body { color: #ddd; background: #161616; }
  a { color: #7bf; }
}
"""

PAGE = """\
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>{style}</style>
</head>
<body>
{body}
</body>
</html>
"""


def page(document: Mapping[str, Any], origin: str) -> str:
    """The same as HTML, on its own."""
    parser = MarkdownIt("commonmark").enable("table")
    tokens = parser.parse(markdown(document, origin))
    for opening, inline in pairwise(tokens):
        if opening.type == "heading_open":
            opening.attrSet("id", anchor(inline.content))
    body = parser.renderer.render(tokens, parser.options, {})
    return PAGE.format(title=html.escape(document["info"]["title"]), style=STYLE, body=body)
