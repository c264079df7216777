"""The RPC door: the calls of the HTTP API on the message bus, with its words and errors."""
