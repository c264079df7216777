"""Sampling: finding out what changed, and when nothing did."""
