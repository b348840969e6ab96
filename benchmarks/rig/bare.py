"""What Limner is compared with: Starlette that answers fixed bytes, served by uvicorn as Limner is."""

import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route


def bare_app(answer: bytes) -> Starlette:
    async def read(_request: Request) -> Response:
        return Response(answer, media_type="application/json")

    async def submit(request: Request) -> Response:
        await request.json()
        return Response(answer, media_type="application/json")

    return Starlette(routes=[Route("/", read, methods=["GET"]), Route("/", submit, methods=["POST"])])


@contextmanager
def bare_server(answer: bytes) -> Iterator[int]:
    """The port of a server, a process of its own, that answers these bytes to GET and POST of /."""
    command = [sys.executable, "-m", "benchmarks.rig.bare"]
    with subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        start_new_session=True,  # as Limner has: on a busy machine the scheduler shares by session
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(answer)
        process.stdin.close()
        try:
            yield int(process.stdout.readline())
        finally:
            process.terminate()


def main() -> None:
    answer = sys.stdin.buffer.read()
    with socket.create_server(("127.0.0.1", 0), backlog=2048) as listener:
        print(listener.getsockname()[1], flush=True)
        config = uvicorn.Config(bare_app(answer), log_config=None, access_log=False, server_header=False)
        uvicorn.Server(config).run(sockets=[listener])


if __name__ == "__main__":
    main()
