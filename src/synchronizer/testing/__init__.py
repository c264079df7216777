"""Contract suites and fakes that ship with the product, so that nobody has to build ours.

`transport.TransportContract` is run over every way to a synchronizer; `direct` is the
shortest such way; `proxy` breaks a connection where a test wants it broken.
"""
