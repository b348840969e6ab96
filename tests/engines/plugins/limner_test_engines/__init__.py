"""Engines for the tests, found by entry point like anybody's: put the folder above on PYTHONPATH."""
