"""Keystone v3, with the traps of its paging."""
