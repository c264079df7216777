"""The Tempest plugin: a running synchronizer beside a real cloud, looked at by its consumers.

What the tests know of the synchronizer they know as any consumer does, through its doors and
the client library. `agreement`, `consumer` and `life` need no Tempest and are tested without
it; the rest is imported by Tempest alone.
"""
