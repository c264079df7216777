"""The service: configuration, the tree of processes, and the library that holds it all."""
