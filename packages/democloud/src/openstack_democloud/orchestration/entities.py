"""How Heat's entities look: one function a type, used by the seed and by the API."""

from typing import Any

from openstack_democloud.clock import stamp
from openstack_democloud.cloud import Cloud
from openstack_democloud.names import SECRET
from openstack_democloud.table import Body

ROOT = "/heat-api"


def stack_path(cloud: Cloud, project: str, name: str, id: str) -> str:
    """Return the one address of a stack."""
    return f"{cloud.base}{ROOT}/v1/{project}/stacks/{name}/{id}"


def stack(
    cloud: Cloud, id: str, name: str, *, project: str, owner: str, at: float, **fields: Any
) -> Body:
    """Return a stack; what only its own GET shows is in ``_alone``."""
    return {
        "id": id,
        "links": [{"rel": "self", "href": stack_path(cloud, project, name, id)}],
        "stack_name": name,
        "description": "",
        "stack_status": "CREATE_COMPLETE",
        "stack_status_reason": "Stack CREATE completed successfully",
        "creation_time": stamp(at),
        "updated_time": None,
        "deletion_time": None,
        "stack_owner": owner,
        "parent": None,
        "stack_user_project_id": cloud.names.hex("stack_project", id),
        "tags": None,
        "_project": project,
        "_alone": {
            "description": "A stack of the demo cloud",
            "template_description": "A stack of the demo cloud",
            "parameters": {
                "OS::stack_id": id,
                "OS::stack_name": name,
                "OS::project_id": project,
                "admin_password": f"{SECRET}-parameter-{id[:8]}",
            },
            "outputs": [
                {
                    "output_key": "login",
                    "output_value": f"{SECRET}-output-{id[:8]}",
                    "description": "How to get in",
                }
            ],
            "capabilities": [],
            "notification_topics": [],
            "disable_rollback": True,
            "timeout_mins": None,
        },
    } | fields


def resource(
    cloud: Cloud, of: Body, name: str, type: str, physical: str, *, at: float
) -> tuple[str, Body]:
    """Return the composite id and the body of a resource of stack *of*."""
    address = stack_path(cloud, of["_project"], of["stack_name"], of["id"])
    links = [
        {"rel": "self", "href": f"{address}/resources/{name}"},
        {"rel": "stack", "href": address},
    ]
    body = {
        "resource_name": name,
        "logical_resource_id": name,
        "physical_resource_id": physical,
        "resource_type": type,
        "resource_status": "CREATE_COMPLETE",
        "resource_status_reason": "state changed",
        "creation_time": stamp(at),
        "updated_time": stamp(at),
        "required_by": [],
        "links": links,
        "_stack": of["id"],
        "_alone": {
            "description": "",
            "attributes": {"signal_url": f"https://demo.example/signal?key={SECRET}-signal"},
        },
    }
    return f"{of['id']}/{name}", body


def software_config(id: str, name: str, *, project: str, at: float) -> Body:
    """Return a piece of configuration; what only its own GET shows is in ``_alone``."""
    return {
        "id": id,
        "name": name,
        "group": "script",
        "creation_time": stamp(at),
        "_project": project,
        "_alone": {
            "config": f"#!/bin/sh\nexport PASSWORD={SECRET}-config",
            "inputs": [],
            "outputs": [],
            "options": {},
        },
    }


def software_deployment(id: str, config: str, server: str, *, project: str, at: float) -> Body:
    """Return a configuration's way to a server."""
    return {
        "id": id,
        "config_id": config,
        "server_id": server,
        "action": "CREATE",
        "status": "COMPLETE",
        "status_reason": "Outputs received",
        "input_values": {"password": f"{SECRET}-input"},
        "output_values": {"deploy_stdout": f"{SECRET}-output"},
        "creation_time": stamp(at),
        "updated_time": stamp(at + 60),
        "_project": project,
    }
