"""The pages for people: one shell of HTML whose scripts draw every page, and the files that they load.

Knows which paths are pages, and what is public: the models with their prices. Who is signed in, and what is
theirs, the scripts ask the API, as any client does. There is no build step: what lies in ``web/`` is what is
sent.
"""

import gzip
import hashlib
import json
import posixpath
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse

from limner.api.context import Context, InContext
from limner.api.models import model_views
from limner.errors import NotFound

SHELL = "index.html"
FIRST_SCRIPT = "js/main.js"
IMPORT = re.compile(r"""\bfrom ?["'](\.[^"']+)["']""")
CONTENT_TYPES = {
    "js": "text/javascript; charset=utf-8",
    "css": "text/css; charset=utf-8",
    "svg": "image/svg+xml",
    "woff2": "font/woff2",
    "txt": "text/plain; charset=utf-8",
    "json": "application/json",
}
PACKED = frozenset({"js", "css", "svg", "txt", "json"})  # the others are compressed already
FOREVER = "public, max-age=31536000, immutable"  # the path holds a hash of all the files

router = APIRouter(include_in_schema=False)


@dataclass(frozen=True, slots=True)
class File:
    content: bytes
    packed: bytes  # by gzip; empty where that gains nothing
    content_type: str


@dataclass(frozen=True, slots=True)
class Site:
    """Everything in ``web/``, read once; ``digest`` changes whenever a byte of it does."""

    shell: str
    files: dict[str, File]
    digest: str


@cache
def site() -> Site:
    folder = files("limner.api").joinpath("web")
    found = dict(sorted(_read_below(folder)))
    digest = hashlib.sha256()
    for path, content in found.items():
        digest.update(f"{path} {len(content)}\n".encode())
        digest.update(content)
    links = (f'<link rel="modulepreload" href="{{web}}/{path}">' for path in _imported(found, FIRST_SCRIPT))
    shell = found.pop(SHELL).decode().replace("{preloads}", "\n".join(links))
    return Site(shell, {path: _file(path, found[path]) for path in found}, digest.hexdigest()[:16])


def _imported(found: Mapping[str, bytes], first: str) -> list[str]:
    """The script and all that it imports, and so on, so that the browser asks for all of it at once and not
    in turn. What a script imports later, when it is needed, is not among them."""
    seen = [first]
    for path in seen:
        for target in IMPORT.findall(found[path].decode()):
            imported = posixpath.normpath(posixpath.join(posixpath.dirname(path), target))
            if imported not in seen:
                seen.append(imported)
    return seen


@router.get("/")
@router.get("/models")
@router.get("/history")
@router.get("/account")
def read_page(context: InContext) -> HTMLResponse:
    """A page: the scripts find out from the path which one."""
    return _page(context)


@router.get("/account/{section}")
def read_account_page(section: str, context: InContext) -> HTMLResponse:
    return _page(context, 200 if section in ("usage", "keys", "webhooks") else 404)


@router.get("/models/{model_id:path}")
def read_model_page(model_id: str, context: InContext) -> HTMLResponse:
    """Also for a model that there is none of: the page says so."""
    known = {spec.model_id for spec in context.runtime.catalog}
    return _page(context, 200 if model_id in known else 404)


@router.get("/web/{digest}/{path:path}")
def read_file(digest: str, path: str, request: Request) -> Response:
    """A script, a style, a font. Those of another version than this server's are not found: a page that was
    open during an upgrade loads itself anew."""
    found = site().files.get(path) if digest == site().digest else None
    if found is None:
        raise NotFound("there is no such file")
    headers = {"Cache-Control": FOREVER, "Vary": "Accept-Encoding", "X-Content-Type-Options": "nosniff"}
    if found.packed and "gzip" in request.headers.get("accept-encoding", ""):
        headers["Content-Encoding"] = "gzip"
        return Response(found.packed, 200, headers, found.content_type)
    return Response(found.content, 200, headers, found.content_type)


def _page(context: Context, status: int = 200) -> HTMLResponse:
    text = site().shell.replace("{web}", f"/web/{site().digest}").replace("{known}", _known(context))
    return HTMLResponse(text, status, {"Cache-Control": "no-cache"})


def _known(context: Context) -> str:
    """What the scripts know without asking, as JSON that cannot end the element it stands in."""
    known: dict[str, Any] = {
        "origin": context.runtime.public_url,
        "version": version("limner"),
        "models": model_views(context.runtime),
    }
    text = json.dumps(known, ensure_ascii=True, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _read_below(folder: Traversable, path: str = "") -> list[tuple[str, bytes]]:
    found = []
    for entry in folder.iterdir():
        if entry.is_dir():
            found += _read_below(entry, f"{path}{entry.name}/")
        elif entry.name.rpartition(".")[2] in CONTENT_TYPES or entry.name == SHELL:
            found.append((path + entry.name, entry.read_bytes()))
    return found


def _file(path: str, content: bytes) -> File:
    extension = path.rpartition(".")[2]
    packed = gzip.compress(content, mtime=0) if extension in PACKED else b""
    return File(content, packed, CONTENT_TYPES[extension])
