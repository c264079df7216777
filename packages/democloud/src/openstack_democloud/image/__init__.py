"""Glance v2: images, who they are shared with, tasks, namespaces, stores."""
