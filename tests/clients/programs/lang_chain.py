"""PyPI langchain-wavespeed 0.1.3: the tools that an agent is given."""

import sys
from importlib.metadata import version

import wavespeed
from langchain_wavespeed import WaveSpeedImageGeneration, WaveSpeedRunModel

from told import APPLE, BROKEN, MODEL, told_by, write

origin, key = sys.argv[1:]
wavespeed.config.api.base_url = origin
paint = WaveSpeedImageGeneration(api_key=key, model=MODEL, poll_interval=0.2)
run = WaveSpeedRunModel(api_key=key, poll_interval=0.2)
painted = paint.invoke({"prompt": APPLE["prompt"], "resolution": "1k", "aspect_ratio": "1:1"})
ran = run.invoke({"model": MODEL, "input": APPLE})
write(
    version=version("langchain-wavespeed"),
    pictures=[*painted.splitlines(), *ran.splitlines()],
    failure=told_by(lambda: run.invoke({"model": BROKEN, "input": APPLE})),
    refusal=told_by(lambda: run.invoke({"model": MODEL, "input": {}})),
)
