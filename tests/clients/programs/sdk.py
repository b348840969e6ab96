"""PyPI wavespeed 2.0.5 and 1.0.14: the official SDK, through a client of one's own and as a module."""

import sys

import wavespeed

from told import APPLE, BROKEN, FILE, MODEL, told_by, write

origin, key = sys.argv[1:]
client = wavespeed.Client(api_key=key, base_url=origin)
wavespeed.config.api.base_url = origin
wavespeed.config.api.api_key = key
write(
    version=wavespeed.__version__,
    pictures=client.run(MODEL, APPLE, poll_interval=0.2)["outputs"],
    sync=wavespeed.run_no_throw(MODEL, APPLE, enable_sync_mode=True)["outputs"],
    base64=wavespeed.run(MODEL, APPLE | {"enable_base64_output": True}, poll_interval=0.2)["outputs"],
    upload=client.upload(FILE),
    failure=told_by(lambda: client.run(BROKEN, APPLE, poll_interval=0.2)),
    refusal=told_by(lambda: client.run(MODEL, {"aspect_ratio": "1:1"})),
)
