"""Kills, and whatever else may befall a fleet, in long form: `python -m benchmarks.chaos`."""
