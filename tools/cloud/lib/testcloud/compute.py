"""nova-compute whose fake hypervisor is the same one after a restart, with the same guests.

The fake driver gives its node a new id in each process, with which Nova refuses to start again, and
holds its guests in memory only, so that no server of before could be stopped or started.

And each boot would read the allocation of every server on the host, one request each, under a lock:
200 servers on one host take minutes. Only a change of the resource model needs them; none comes.
"""

from nova.cmd import compute  # first: it decides between threads and eventlet
from nova.compute import power_state
from nova.scheduler.client import report
from nova.virt import fake, node


class KeepingFakeDriver(fake.FakeDriver):
    def get_nodenames_by_uuid(self, refresh=False):
        return {node.get_local_node_uuid(): self.get_available_nodes(refresh)[0]}

    def get_available_resource(self, nodename):
        return super().get_available_resource(nodename) | {"uuid": node.get_local_node_uuid()}

    def process_instances_at_startup(self, context, instances):
        for instance in super().process_instances_at_startup(context, instances):
            if instance.vm_state == "building":
                continue  # never got as far as a guest
            state = instance.power_state
            if state is None or state == power_state.NOSTATE:
                state = power_state.SHUTDOWN
            self.instances[instance.uuid] = fake.FakeInstance(instance.name, state, instance.uuid)
            flavor = instance.flavor
            self.resources.claim(flavor.vcpus, flavor.memory_mb, flavor.root_gb)
        return instances


if __name__ == "__main__":
    fake.KeepingFakeDriver = KeepingFakeDriver  # Nova looks for drivers in its own package only
    report.SchedulerReportClient.get_allocations_for_provider_tree = lambda *_: {}
    compute.main()
