"""Placement, microversions 1.0 to 1.39: no paging, no notifications, but generations."""
