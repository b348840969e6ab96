"""The HTTP side: requests in, envelopes out. Knows the lifecycle of a prediction, and no engine."""
