"""Vitrage takes its entities from a synchronizer, instead of listing the cloud itself.

Vitrage is the consumer that the synchronizer was first thought out for. It is retired
upstream, so this stands as a proof that the contract serves a consumer of its kind, not as
a way to users. Its own transformers and entity types stay; only drivers are replaced, by
configuration: ``[nova.instance] driver = synchronizer_vitrage.drivers.NovaInstance``.

`driver.py` says what is promised to Vitrage; each of the other files what Vitrage's
entities of one service are made from.
"""
