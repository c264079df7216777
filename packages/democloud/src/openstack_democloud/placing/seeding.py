"""The placement side of the seeded cloud: a provider for each hypervisor."""

from openstack_democloud.cloud import Cloud
from openstack_democloud.placing.providers import PROVIDER, inventory, provider
from openstack_democloud.placing.words import CLASS, TRAIT, resource_class

_CLASSES = (
    "VCPU", "MEMORY_MB", "DISK_GB", "PCI_DEVICE", "SRIOV_NET_VF", "NUMA_SOCKET", "NUMA_CORE",
    "NUMA_THREAD", "NUMA_MEMORY_MB", "IPV4_ADDRESS", "VGPU", "VGPU_DISPLAY_HEAD",
    "NET_BW_EGR_KILOBIT_PER_SEC", "NET_BW_IGR_KILOBIT_PER_SEC", "PCPU", "FPGA", "CUSTOM_LICENSE",
)  # fmt: skip
_TRAITS = (
    "COMPUTE_DEVICE_TAGGING", "COMPUTE_NODE", "COMPUTE_STATUS_DISABLED", "COMPUTE_TRUSTED_CERTS",
    "COMPUTE_VOLUME_ATTACH_WITH_TAG", "COMPUTE_VOLUME_EXTEND", "COMPUTE_VOLUME_MULTI_ATTACH",
    "HW_CPU_X86_AESNI", "HW_CPU_X86_AVX2", "HW_CPU_X86_AVX512F", "HW_CPU_X86_VMX",
    "HW_NIC_SRIOV", "STORAGE_DISK_SSD", "CUSTOM_GOLD", "CUSTOM_RACK_A", "CUSTOM_RACK_B",
)  # fmt: skip


def seed(cloud: Cloud) -> None:
    """Make resource classes, traits, and the providers of the hypervisors."""
    for name in _CLASSES:
        cloud.table(CLASS).seed(name, resource_class(name))
    for name in _TRAITS:
        cloud.table(TRAIT).seed(name, {"name": name})
    counts = cloud.placement.counts()
    for number, hypervisor in enumerate(cloud.table("nova.hypervisor")):
        host = cloud.pools.hosts[number]
        uuid = hypervisor["id"]
        traits = ["COMPUTE_NODE", "HW_CPU_X86_AVX2", "HW_CPU_X86_VMX"]
        traits.append("CUSTOM_RACK_B" if number % 2 else "CUSTOM_RACK_A")
        held = {
            "VCPU": inventory(hypervisor["vcpus"], ratio=4.0),
            "MEMORY_MB": inventory(hypervisor["memory_mb"], reserved=512),
            "DISK_GB": inventory(hypervisor["local_gb"]),
        }
        body = provider(
            uuid,
            hypervisor["hypervisor_hostname"],
            parent=None,
            root=uuid,
            _inventories=held,
            _traits=traits,
            _aggregates=[
                row["uuid"] for row in cloud.table("nova.aggregate") if host.name in row["hosts"]
            ],
            _host=number,
            _running=counts[number],
            _generation=counts[number] + 3,
        )
        cloud.table(PROVIDER).seed(uuid, body)
