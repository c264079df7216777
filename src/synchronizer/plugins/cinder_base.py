"""What Cinder's resources have in common."""

from synchronizer.plugins.plugin import Paging, Resource

MICROVERSION = ("3.60", "3.70")
"""From the time filter of volumes on; what came later changes no shape of ours."""

OLDEST_FIRST = {"sort": "created_at:asc"}


class CinderResource(Resource):
    """A collection in pages; an unknown marker is a 404."""

    paging = Paging.MARKER
    microversion = MICROVERSION


class Whole(Resource):
    """A collection that comes in one answer."""

    microversion = MICROVERSION
