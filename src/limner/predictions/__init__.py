"""Predictions: what they are, how they are stored, and everything that happens to them."""
