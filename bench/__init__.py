"""Benchmarks against named peers: ``python -m bench`` prints a table, writes results.json."""
