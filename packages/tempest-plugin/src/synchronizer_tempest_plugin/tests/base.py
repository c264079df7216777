"""What every test of the plugin has: credentials, the API's client, consumers at each door."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, ClassVar
from urllib.parse import urlsplit

import tempest.test
from keystoneauth1.identity import v3
from keystoneauth1.session import Session
from tempest import config
from tempest.lib import exceptions
from tempest.lib.common.utils import data_utils, test_utils

from synchronizer.client import Transport, transport_to
from synchronizer_tempest_plugin.consumer import Consumer, Fact, Place
from synchronizer_tempest_plugin.life import faults

CONF = config.CONF


class BaseSynchronizerTest(tempest.test.BaseTestCase):
    """A running synchronizer, and users of the cloud beside it.

    ``primary`` is a user of the cloud like any other; ``admin`` also asks the synchronizer.

    Attributes:
        services: names in ``[service_available]`` without which the class is skipped.
        types: entity types that must have been sampled before its tests begin.
        transports: one for each door, by scheme and address.
    """

    credentials: ClassVar[list[str]] = ["primary", "admin"]
    services: ClassVar[tuple[str, ...]] = ()
    types: ClassVar[tuple[str, ...]] = ()
    transports: ClassVar[dict[str, Transport]] = {}

    @classmethod
    def skip_checks(cls) -> None:
        """Skip without a synchronizer, or without what the tests change."""
        super().skip_checks()
        for service in ("synchronizer", *cls.services):
            if not getattr(CONF.service_available, service):
                raise cls.skipException(f"{service} is not available, says [service_available]")

    @classmethod
    def setup_credentials(cls) -> None:
        """Get the users, without a network for each of them."""
        cls.set_network_resources()
        super().setup_credentials()

    @classmethod
    def setup_clients(cls) -> None:
        """Make the API's client."""
        super().setup_clients()
        cls.client = cls.os_admin.synchronizer_v1.SynchronizerClient()

    @classmethod
    def resource_setup(cls) -> None:
        """Open the doors, and wait until the types have been sampled."""
        super().resource_setup()
        cls.transports = cls._opened()
        options = CONF.synchronizer
        if not test_utils.call_until_true(
            cls._sampled, options.build_timeout, options.build_interval
        ):
            raise exceptions.TimeoutException(
                f"{', '.join(cls.types)}: not all sampled within {options.build_timeout} s; "
                f"the synchronizer says {dict(cls.client.list_types(**cls.place()))}"
            )

    @classmethod
    def _sampled(cls) -> bool:
        known = cls.client.list_types(**cls.place())["types"]
        return set(cls.types) <= {each["type"] for each in known if each["sampled_at"]}

    @staticmethod
    def place() -> Place:
        """Return the cloud and region under test, as every call takes them."""
        return {"cloud": CONF.synchronizer.cloud, "region": CONF.identity.region or None}

    @classmethod
    def _opened(cls) -> dict[str, Transport]:
        session = cls._session()
        opened = {}
        for url in CONF.synchronizer.url or [cls.client.base_url]:
            transport = transport_to(url, session)
            opened[_name(url)] = transport
            if hasattr(transport, "close"):  # only one that holds connections has it
                cls.addClassResourceCleanup(transport.close)
        return opened

    @classmethod
    def _session(cls) -> Session:
        """Return the administrator's session, of the kind that the client library takes."""
        who = cls.os_admin.credentials
        unverified = CONF.identity.disable_ssl_certificate_validation
        password = v3.Password(
            CONF.identity.uri_v3,
            user_id=who.user_id,
            password=who.password,
            project_id=who.project_id,
        )
        verify = False if unverified else CONF.identity.ca_certificates_file or True
        return Session(password, verify=verify)

    def follow(self, *types: str) -> "Followed":
        """Register for changes at every door, and get all; return when each has its copy."""
        consumers = []
        for name, transport in self.transports.items():
            consumers.append(Consumer(name, transport, types, **self.place()))
            self.addCleanup(consumers[-1].close)
        for consumer in consumers:
            synced = consumer.mirror.wait_synced(CONF.synchronizer.build_timeout)
            self.assertTrue(synced, f"{consumer.name} gave no copy: {consumer.mirror.fault}")
        return Followed(self, consumers)

    @staticmethod
    def a_name(word: str) -> str:
        """Return a name that nothing has."""
        return str(data_utils.rand_name(prefix=CONF.resource_name_prefix, name=word))


class Followed:
    """What all consumers of a test must have been told, whichever door they are at."""

    def __init__(self, test: BaseSynchronizerTest, consumers: Sequence[Consumer]) -> None:
        self._test = test
        self._consumers = consumers

    def __iter__(self) -> Iterator[Consumer]:
        """Iterate the consumers."""
        return iter(self._consumers)

    def wait(self, type: str, id: str, fact: Fact) -> Any:
        """Wait until every consumer was told of a body that satisfies *fact*; return it."""
        timeout = CONF.synchronizer.visibility_timeout
        bodies = [each.wait_told(type, id, fact, timeout) for each in self._consumers]
        return bodies[0]

    def wait_there(self, type: str, id: str) -> Any:
        """Wait until it is there; return its body."""
        return self.wait(type, id, lambda body: body is not None)

    def wait_gone(self, type: str, id: str) -> None:
        """Wait until it is deleted."""
        self.wait(type, id, lambda body: body is None)

    def whole_and_once(self, type: str, id: str, fields: Iterable[str]) -> None:
        """Check a life from create to delete: each change told once, whole, the same everywhere.

        *fields* are those that the service itself showed.
        """
        lives = {each.name: each.told(type, id) for each in self._consumers}
        for name, life in lives.items():
            self._test.assertEqual([], faults(life, set(fields)), f"{type} {id} at {name}")
            ops = [change.op for change in life]
            self._test.assertEqual("delete", ops[-1], f"{type} {id} at {name}")
            self._test.assertIn("update", ops, f"{type} {id} at {name}")
        first, *others = lives.values()
        for other in others:
            self._test.assertEqual(first, other, f"{type} {id}: the doors tell different lives")


def _name(url: str) -> str:
    """Return what names a door in messages: its address without credentials."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"
