"""Beside the service: the demo cloud and the demonstration that runs on it."""
