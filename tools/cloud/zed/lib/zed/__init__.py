"""What Zed's services need beyond what they ship: found through PYTHONPATH."""
