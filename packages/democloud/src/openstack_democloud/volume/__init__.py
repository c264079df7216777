"""Cinder v3, microversions 3.0 to 3.71."""
