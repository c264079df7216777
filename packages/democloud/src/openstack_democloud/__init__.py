"""The demo cloud: OpenStack services to talk to when there is no OpenStack at hand.

One process speaks their real REST APIs over a seeded, mutating cloud of any size, logs every
mutation, tells of it on a message bus, and misbehaves on request in every way that real
services do. A newcomer meets it as ``make demo``; the tests use it as the cloud whose truth is
known. ``registry.py`` names its services, ``service.py`` says how to add one.
"""
