"""What a Vitrage graph says, in a form that two graphs can be compared in."""

from typing import NamedTuple


class Graph(NamedTuple):
    """Living vertices by (type, id), and living edges as (from, label, to)."""

    vertices: dict
    edges: set

    def of(self, type_):
        """Return {id: properties} of one type, placeholders left out."""
        return {
            id_: vertex
            for (found, id_), vertex in self.vertices.items()
            if found == type_ and not vertex["placeholder"]
        }


# What a vertex tells besides times: those are of the hand-over, not of the cloud.
_RESOURCES = "name state project_id host_id instance_name ip_addresses size volume_type attachments"
_ALARMS = "severity info resource_id alarm_type description"
TOLD = (*_RESOURCES.split(), *_ALARMS.split())


def plain(graph):
    """Return the JSON form of Vitrage's graph object: lists of vertices and edges."""
    vertices = [
        vertex.properties | {"vitrage_id": vertex.vertex_id} for vertex in graph.get_vertices()
    ]
    edges = [
        {"from": edge.source_id, "to": edge.target_id, "label": edge.label} | edge.properties
        for vertex in graph.get_vertices()
        for edge in graph.get_edges(vertex.vertex_id, direction="out")
    ]
    return {"vertices": vertices, "edges": edges}


def graph_of(told):
    """Read the JSON form; deleted vertices and edges are left out."""
    names = {}
    vertices = {}
    for vertex in told["vertices"]:
        if vertex.get("vitrage_is_deleted"):
            continue
        # Nagios's alarms have no id, their name and resource are one.
        id_ = vertex.get("id") or f"{vertex.get('resource_id')}/{vertex.get('name')}"
        key = (vertex["vitrage_type"], id_)
        assert key not in vertices, f"two living vertices {key}"
        names[vertex["vitrage_id"]] = key
        vertices[key] = {name: _plain(vertex.get(name)) for name in TOLD} | {
            "placeholder": bool(vertex.get("vitrage_is_placeholder")),
            "datasource": vertex.get("vitrage_datasource_name"),
        }
    edges = {
        (names[edge["from"]], edge["label"], names[edge["to"]])
        for edge in told["edges"]
        if not edge.get("vitrage_is_deleted") and edge["from"] in names and edge["to"] in names
    }
    return Graph(vertices, edges)


def _plain(value):
    return list(value) if isinstance(value, tuple) else value
