"""What is measured: each part runs in a process of its own, see `bench.part`."""
