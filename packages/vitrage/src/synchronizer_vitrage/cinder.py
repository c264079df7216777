"""Cinder's: volumes."""

from synchronizer_vitrage.datasource import Body, Datasource, Farewell


class Volume(Datasource):
    """A volume, under the name that version 1 of the API called ``display_name``."""

    name = "cinder.volume"
    types = ("cinder.volume",)

    def entity(self, id: str) -> Body | None:
        """Return the volume with what its transformer asks for."""
        body = self.body("cinder.volume", id)
        if body is None:
            return None
        named = {"display_name": body.get("name"), **body}
        return {**named, "attachments": body.get("attachments") or []}

    def farewell(self, entity: Body) -> Farewell:
        """Name the volume; its attachments are looked through even then."""
        return Farewell({"id": entity["id"], "attachments": []})
