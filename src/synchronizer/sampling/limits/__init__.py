"""How hard the processes of an instance lean on each service."""
