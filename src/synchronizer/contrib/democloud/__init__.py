"""The demo cloud: Keystone and Nova to talk to when there is no OpenStack at hand.

One process speaks the real REST APIs over a seeded, mutating cloud of any size, logs every
mutation, and misbehaves on request in every way that real services do. A newcomer meets it
as ``make demo``; the tests use it as the cloud whose truth is known.
"""
