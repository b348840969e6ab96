"""Files as they come in a request, in a form or as its body: written to disk as they come, never held in
memory.
"""

import tempfile
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from fastapi import Request
from starlette.datastructures import FormData, UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser

from limner.api.body import read_chunks
from limner.errors import InvalidInput, TooLarge

FORM = "multipart/form-data"
FORM_OVERHEAD_BYTES = 64 << 10
BLOCK_BYTES = 256 << 10
SPOOL_BYTES = 1 << 20  # in memory; beyond that on disk

FORM_BODY: dict[str, Any] = {
    FORM: {
        "schema": {
            "type": "object",
            "properties": {"file": {"type": "string", "format": "binary"}},
            "required": ["file"],
        }
    }
}
RAW_BODY: dict[str, Any] = {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}


@asynccontextmanager
async def spooled(request: Request, max_bytes: int) -> AsyncIterator[UploadFile]:
    """The body, on disk when it is not small. Raises TooLarge and TooSlow."""
    with tempfile.SpooledTemporaryFile(max_size=SPOOL_BYTES) as spool:
        file = UploadFile(spool, size=0)  # type: ignore[arg-type]  # a spool has all that is asked of it
        block = bytearray()  # each write to disk takes a thread, so they should be few
        async for chunk in read_chunks(request, max_bytes):
            block += chunk
            if len(block) >= BLOCK_BYTES:
                await file.write(bytes(block))
                block.clear()
        await file.write(bytes(block))
        yield file


class _Form(MultiPartParser):
    """A form of one file. That it breaks off is an error, so what came of its file is closed at once."""

    def __init__(self, request: Request, max_bytes: int) -> None:
        super().__init__(request.headers, self._chunks(request, max_bytes), max_files=1, max_fields=20)
        self._has_ended = False

    def on_end(self) -> None:
        self._has_ended = True

    async def _chunks(self, request: Request, max_bytes: int) -> AsyncGenerator[bytes]:
        async for chunk in read_chunks(request, max_bytes + FORM_OVERHEAD_BYTES):
            yield chunk
        if not self._has_ended:
            raise MultiPartException("it breaks off")


@asynccontextmanager
async def form_file(request: Request, max_bytes: int) -> AsyncIterator[UploadFile]:
    """The form's one file, ``file``. Raises InvalidInput, TooLarge and TooSlow."""
    if not is_form(request):
        raise InvalidInput('field "file" is required: send a form (multipart/form-data) that holds it')
    try:
        form = await _Form(request, max_bytes).parse()
    except (MultiPartException, UnicodeError) as error:  # the second of a charset that is none
        raise InvalidInput(f'field "file": the form cannot be read: {error}') from error
    try:
        yield _only_file(form, max_bytes)
    finally:
        await form.close()


def is_form(request: Request) -> bool:
    return request.headers.get("content-type", "").lower().startswith(FORM)


def _only_file(form: FormData, max_bytes: int) -> UploadFile:
    file = form.get("file")
    if not isinstance(file, UploadFile):
        raise InvalidInput('field "file" is required and must be a file')
    if (file.size or 0) > max_bytes:
        raise TooLarge(f'field "file": a file is at most {max_bytes} bytes')
    return file
