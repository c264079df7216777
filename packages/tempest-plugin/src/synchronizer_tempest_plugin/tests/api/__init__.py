"""The HTTP API, call by call."""
