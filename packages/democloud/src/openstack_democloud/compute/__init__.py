"""Nova v2.1, microversions 2.1 to 2.103."""
