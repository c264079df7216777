"""A stack, and what it makes."""

from tempest import config
from tempest.lib import decorators
from tempest.lib.common.utils import test_utils
from tempest.lib.exceptions import TimeoutException

from synchronizer_tempest_plugin.services import StacksClient
from synchronizer_tempest_plugin.tests.base import CONF
from synchronizer_tempest_plugin.tests.scenario.making import MakingTest

STACK, NETWORK = "heat.stack", "neutron.network"
HEAT = "orchestration"


class TestStack(MakingTest):
    """Heat and Neutron."""

    services = ("neutron",)

    @classmethod
    def resource_setup(cls) -> None:
        """Skip without Heat, which Tempest's own options do not know."""
        catalogue = cls.os_admin.auth_provider.auth_data[1]["catalog"]
        if HEAT not in {each["type"] for each in catalogue}:
            raise cls.skipException(f"the catalogue has no {HEAT}")
        cls.types = (STACK, NETWORK)
        super().resource_setup()

    @classmethod
    def setup_clients(cls) -> None:
        """Make a client for Heat."""
        super().setup_clients()
        cls.stacks = StacksClient(
            cls.os_primary.auth_provider,
            HEAT,
            CONF.identity.region,
            build_timeout=CONF.synchronizer.build_timeout,
            **config.service_client_config(),
        )

    def _reached(self, stack: str, status: str) -> None:
        def fact() -> bool:
            return bool(self.stacks.show_stack(stack)["stack"]["stack_status"] == status)

        options = CONF.synchronizer
        if not test_utils.call_until_true(fact, options.build_timeout, options.build_interval):
            shown = self.stacks.show_stack(stack)["stack"]
            raise TimeoutException(f"stack {stack} is {shown['stack_status']}, not {status}")

    @decorators.idempotent_id("d5b8e3a7-4f6c-4c19-8e02-9b7a1d5f3c84")
    def test_a_stack_is_told_whole_and_once_and_so_is_what_it_makes(self) -> None:
        inside = self.a_name("in-stack")
        network = {"type": "OS::Neutron::Net", "properties": {"name": inside}}
        template = {"heat_template_version": "2018-08-31", "resources": {"network": network}}
        word = {"type": "OS::Heat::RandomString"}
        more = {**template, "resources": {"network": network, "word": word}}
        followed = self.follow(STACK, NETWORK)
        name = self.a_name("stack")
        its_id = self.stacks.create_stack(stack_name=name, template=template)["stack"]["id"]
        self.addCleanup(self.stacks.wait_for_resource_deletion, its_id)
        self.removed(self.stacks.delete_stack, f"{name}/{its_id}")
        self._reached(f"{name}/{its_id}", "CREATE_COMPLETE")
        followed.wait(
            STACK, its_id, lambda body: body and body["stack_status"] == "CREATE_COMPLETE"
        )
        made = {
            each["name"]: each["id"]
            for each in self.os_primary.networks_client.list_networks()["networks"]
        }[inside]
        followed.wait_there(NETWORK, made)
        shown = next(each for each in self.stacks.list_stacks()["stacks"] if each["id"] == its_id)

        self.stacks.update_stack(f"{name}/{its_id}", template=more)
        self._reached(f"{name}/{its_id}", "UPDATE_COMPLETE")
        followed.wait(STACK, its_id, lambda body: body["stack_status"] == "UPDATE_COMPLETE")
        self.stacks.delete_stack(f"{name}/{its_id}")
        self.stacks.wait_for_resource_deletion(its_id)
        followed.wait_gone(STACK, its_id)
        followed.wait_gone(NETWORK, made)
        followed.whole_and_once(STACK, its_id, shown)
