"""Heat v1: stacks in stacks, their resources, and software configuration."""
