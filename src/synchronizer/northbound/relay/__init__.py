"""The relay: tells a message bus every change of the log, in order, at least once."""
