"""Calling back when a prediction is finished: where a receiver may be, how it is signed, how often tried."""
