"""The whole on one thread in virtual time: cloud, samplers, store, relay, bus, watches, mirrors.

A *plan* is drawn from one seed: what happens in the cloud, who looks at it when, what
breaks. A *run* executes a plan, one step after the other, and a *judge* that sees
everything names the promises that were broken. The same seed is the same run, and a run
that fails is shrunk to the few operations that it takes.

    python -m synchronizer.testing.simulation --seeds 1000
"""
