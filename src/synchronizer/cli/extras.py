"""Which extra brings a library that is not installed."""

_EXTRAS = {
    "cli": ("cliff", "rich"),
    "server": (
        *("alembic", "httptools", "numpy", "openstack", "oslo_config", "prometheus_client"),
        *("os_service_types", "sqlalchemy", "starlette", "uvicorn", "uvloop", "zstandard"),
    ),
    "messaging": ("amqp", "kombu", "oslo_messaging", "oslo_service"),
    "kafka": ("confluent_kafka",),
    "demo": ("openstack_democloud",),
}


def missing(error: ModuleNotFoundError) -> str:
    """Return the sentence about a library that is not there; empty when it is none of ours."""
    library = (error.name or "").partition(".")[0]
    for extra, libraries in _EXTRAS.items():
        if library in libraries:
            return (
                f"This needs {library}, which is not installed: "
                f"pip install 'openstack-synchronizer[{extra}]'."
            )
    return ""
