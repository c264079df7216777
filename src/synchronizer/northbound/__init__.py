"""The doors out of the store: HTTP, RPC and relay. They know nothing of plugins or sampling."""
