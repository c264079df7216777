"""All of Placement on one screen, its version document and its error shape."""

from http import HTTPStatus
from typing import Any

from openstack_democloud.cloud import Cloud
from openstack_democloud.exchange import Answer, Ask, RefusalError
from openstack_democloud.placing import allocations, beside, providers, words
from openstack_democloud.placing.microversion import HIGHEST
from openstack_democloud.routes import Table

ROOT = "/placement"
#: What may be asked without a token.
OPEN = frozenset({("GET", ROOT)})


def refused(error: RefusalError) -> Answer:
    """Return *error* in Placement's shape; 401 comes from keystonemiddleware in Keystone's."""
    title = HTTPStatus(error.status).phrase
    if error.status == 401:
        inner: dict[str, Any] = {"message": error.message, "code": 401, "title": title}
        body: dict[str, Any] = {"error": inner}
    else:
        inner = {
            "status": error.status,
            "title": title,
            "detail": error.message,
            "request_id": "req-placement",
            "code": "placement.undefined_code",
        }
        body = {"errors": [inner]}
    answer = Answer.json(body, error.status)
    answer.headers.update(error.headers)
    return answer


def allow(_cloud: Cloud, _ask: Ask, _template: str) -> None:
    """Refuse everything: Placement is an admin's and the services'."""
    raise RefusalError(403, "Access was denied to this resource.")


def version(_cloud: Cloud, _ask: Ask) -> Answer:
    """Answer ``GET /placement/``."""
    found = {
        "id": "v1.0",
        "status": "CURRENT",
        "min_version": "1.0",
        "max_version": f"1.{HIGHEST}",
        "links": [{"rel": "self", "href": ""}],
    }
    return Answer.json({"versions": [found]})


_PROVIDER = f"{ROOT}/resource_providers/{{uuid}}"

OPERATIONS: Table = {
    ROOT: {"GET": version},
    f"{ROOT}/resource_providers": {"GET": providers.index, "POST": providers.create},
    _PROVIDER: {"GET": providers.show, "PUT": providers.update, "DELETE": providers.delete},
    f"{_PROVIDER}/inventories": {"GET": beside.inventories, "PUT": beside.put_inventories},
    f"{_PROVIDER}/inventories/{{name}}": {
        "GET": beside.one_inventory,
        "PUT": beside.put_inventory,
        "DELETE": beside.delete_inventory,
    },
    f"{_PROVIDER}/traits": {"GET": beside.traits, "PUT": beside.put_traits},
    f"{_PROVIDER}/aggregates": {"GET": beside.aggregates, "PUT": beside.put_aggregates},
    f"{_PROVIDER}/usages": {"GET": allocations.usages},
    f"{_PROVIDER}/allocations": {"GET": allocations.of_provider},
    f"{ROOT}/allocations/{{consumer}}": {"GET": allocations.of_consumer},
    f"{ROOT}/traits": {"GET": words.traits},
    f"{ROOT}/traits/{{name}}": {
        "GET": words.trait,
        "PUT": words.put_trait,
        "DELETE": words.delete_trait,
    },
    f"{ROOT}/resource_classes": {"GET": words.classes},
    f"{ROOT}/resource_classes/{{name}}": {
        "GET": words.one_class,
        "PUT": words.put_class,
        "DELETE": words.delete_class,
    },
}
