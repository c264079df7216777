"""The classes that Vitrage's configuration names, one for each of its entity types.

A class of its own for each, because Vitrage writes the name of the datasource into the
class of its driver.
"""

from synchronizer_vitrage import aodh, cinder, heat, nagios, neutron, nova
from synchronizer_vitrage.driver import MirrorDriver
from synchronizer_vitrage.options import register


class NovaInstance(MirrorDriver):
    """``[nova.instance] driver``."""

    datasource = nova.Instance


class NovaHost(MirrorDriver):
    """``[nova.host] driver``."""

    datasource = nova.Host


class NovaZone(MirrorDriver):
    """``[nova.zone] driver``."""

    datasource = nova.Zone


class CinderVolume(MirrorDriver):
    """``[cinder.volume] driver``."""

    datasource = cinder.Volume


class NeutronNetwork(MirrorDriver):
    """``[neutron.network] driver``."""

    datasource = neutron.Network


class NeutronPort(MirrorDriver):
    """``[neutron.port] driver``."""

    datasource = neutron.Port


class HeatStack(MirrorDriver):
    """``[heat.stack] driver``."""

    datasource = heat.Stack


class Nagios(MirrorDriver):
    """``[nagios] driver``."""

    datasource = nagios.Alarm


class Aodh(MirrorDriver):
    """``[aodh] driver``."""

    datasource = aodh.Alarm


DRIVERS: tuple[type[MirrorDriver], ...] = (
    NovaHost,
    NovaZone,
    NovaInstance,
    CinderVolume,
    NeutronNetwork,
    NeutronPort,
    HeatStack,
    Nagios,
    Aodh,
)

register([each.datasource.name for each in DRIVERS])
