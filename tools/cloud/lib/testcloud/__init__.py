"""What the services of the test cloud need beyond what they ship: found through PYTHONPATH."""
