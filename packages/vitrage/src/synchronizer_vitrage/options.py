"""The options that the drivers read from Vitrage's own configuration file."""

from oslo_config import cfg

CONF = cfg.CONF

GROUP = "synchronizer"

OPTS = [
    cfg.StrOpt(
        "url",
        default="http://127.0.0.1:8989",
        help="Address of the synchronizer: http://, or rabbit:// for the message bus it is on.",
        secret=True,
    ),
    cfg.StrOpt("cloud", help="Cloud whose entities Vitrage shows; needed where there are several."),
    cfg.StrOpt("region", help="Region of that cloud; needed where there are several."),
    cfg.FloatOpt(
        "timeout",
        default=10.0,
        min=0.1,
        help="Seconds that a snapshot waits for the synchronizer; then it fails, without effect.",
    ),
    cfg.FloatOpt(
        "max_lag",
        default=60.0,
        min=0.1,
        help="Seconds without news of the synchronizer after which a snapshot fails.",
    ),
]

WAIT = "changes_interval"
WAIT_SECONDS = 1.0


def register(datasources: list[str]) -> None:
    """Register ours, and Vitrage's ``changes_interval`` where it knows none of its own.

    Vitrage has it for datasources that it polls by default; the others become ones that are
    polled by ``update_method = pull``.
    """
    CONF.register_opts(OPTS, group=GROUP)
    for name in datasources:
        if name in CONF and WAIT not in CONF[name]:
            CONF.register_opt(
                cfg.FloatOpt(
                    WAIT,
                    default=WAIT_SECONDS,
                    min=0.05,
                    help="Seconds that one call for changes waits for one.",
                ),
                group=name,
            )


def wait_seconds(datasource: str) -> float:
    """Return how long a call for changes of a datasource waits for one."""
    known = datasource in CONF and WAIT in CONF[datasource]
    return float(CONF[datasource][WAIT]) if known else WAIT_SECONDS
