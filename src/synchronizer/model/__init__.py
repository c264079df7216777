"""The words of the synchronizer as plain values: no input, no output, no clock of its own."""
