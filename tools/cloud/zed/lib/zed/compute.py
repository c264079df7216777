"""nova-compute whose fake hypervisor still has its guests after a restart.

The fake driver holds them in memory only, so that no server of before could be stopped or started.

And each boot would read the allocation of every server on the host, one request each, under a lock:
200 servers on one host take minutes. Only a change of the resource model needs them; none comes.
"""

from nova import context
from nova.cmd import compute  # first: it makes the standard library eventlet's
from nova.compute import power_state
from nova.objects import instance
from nova.scheduler.client import report
from nova.virt import fake


class KeepingFakeDriver(fake.FakeDriver):
    def init_host(self, host):
        super().init_host(host)
        for known in instance.InstanceList.get_by_host(context.get_admin_context(), host):
            state = known.power_state
            if known.vm_state == "building":
                continue  # never got as far as a guest
            if state is None or state == power_state.NOSTATE:
                state = power_state.SHUTDOWN
            self.instances[known.uuid] = fake.FakeInstance(known.name, state, known.uuid)
            flavor = known.flavor
            self.resources.claim(flavor.vcpus, flavor.memory_mb, flavor.root_gb)


if __name__ == "__main__":
    fake.KeepingFakeDriver = KeepingFakeDriver  # Nova looks for drivers in its own package only
    report.SchedulerReportClient.get_allocations_for_provider_tree = lambda *_: {}
    compute.main()
