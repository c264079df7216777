"""The cloud changes, and its consumers see it."""
