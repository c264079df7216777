"""Names on the message bus: topics and event types, the same at both ends.

A topic is oslo.messaging's: the routing key of a notification is ``<topic>.<priority>``.
"""

RPC_TOPIC = "synchronizer"
RPC_VERSION = "1.0"

EXCHANGE = "openstack"
"""oslo.messaging's own default."""

BOOKMARK_TOPIC = "synchronizer.bookmark"
"""Where the bookmarks of all topics together go; no entity type can be called so."""

EVERY_TOPIC = "synchronizer.#"
"""As a binding: the topics of all types, also of those that are yet to come."""

BOOKMARK = "bookmark"
PRIORITY = "info"


def topic_of(type_: str) -> str:
    """Return the topic of an entity type."""
    return f"synchronizer.{type_}"


def routing_key(topic: str) -> str:
    """Return the routing key of a topic's notifications."""
    return f"{topic}.{PRIORITY}"
