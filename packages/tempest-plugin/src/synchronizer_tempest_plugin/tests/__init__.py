"""The tests that Tempest runs."""
