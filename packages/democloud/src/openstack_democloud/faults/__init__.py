"""The ways in which real services misbehave, each on request: see ``kinds.KINDS``."""
