"""PyPI wavespeed 0.0.5: polls the link it was given, and reads every answer with pydantic."""

import asyncio
import sys

from wavespeed import Prediction, WaveSpeed

from told import APPLE, BROKEN, MODEL, told_by, write

origin, key = sys.argv[1:]


async def run_asynchronously() -> Prediction:
    return await WaveSpeed(key, f"{origin}/api/v2/").async_run(MODEL, APPLE)


client = WaveSpeed(key, f"{origin}/api/v3/")
write(
    version="0.0.5",
    pictures=[*client.run(MODEL, APPLE).outputs, *asyncio.run(run_asynchronously()).outputs],
    base64=client.run(MODEL, APPLE | {"enable_base64_output": True}).outputs,
    failure=client.run(BROKEN, APPLE).error,
    refusal=told_by(lambda: client.run(MODEL, {})),
)
