"""The ticket protocol as a small model, and a search through everything that can happen to it."""
