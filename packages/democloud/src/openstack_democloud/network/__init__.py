"""Neutron v2.0, with ML2, the OVN router plugin and filter validation."""
