"""Runs tests that Vitrage ships, with their made-up events sent through our pipeline.

A program for tests: it is told an address to connect to, and names of modules. It sends
each list of events there and goes on with what comes back; at the end it sends what became
of each test. It has a process of its own, because Vitrage's tests change the one
configuration of theirs.
"""

import json
import sys
import unittest
from multiprocessing.connection import Client

from vitrage.tests.mocks import mock_driver


class Told(unittest.TestResult):
    """What became of each test, by module."""

    def __init__(self):
        super().__init__()
        self.tests = {}

    def startTest(self, test):  # noqa: N802
        super().startTest(test)
        self.tests[test.id()] = ""

    def addError(self, test, err):  # noqa: N802
        super().addError(test, err)
        self.tests[test.id()] = self.errors[-1][1]

    def addFailure(self, test, err):  # noqa: N802
        super().addFailure(test, err)
        self.tests[test.id()] = self.failures[-1][1]

    def addSkip(self, test, reason):  # noqa: N802
        super().addSkip(test, reason)
        self.tests[test.id()] = f"skipped: {reason}"


def rerouted(make, connection):
    def made(specification):
        connection.send_bytes(json.dumps({"events": make(specification)}).encode())
        answer = json.loads(connection.recv_bytes())
        if "error" in answer:
            raise AssertionError(answer["error"])
        return answer["events"]

    return made


def main():
    address, *modules = sys.argv[1:]
    with Client(address) as connection:
        for name in ("generate_random_events_list", "generate_sequential_events_list"):
            setattr(mock_driver, name, rerouted(getattr(mock_driver, name), connection))
        told = Told()
        for module in modules:
            suite = unittest.defaultTestLoader.loadTestsFromName(f"vitrage.tests.{module}")
            suite.run(told)
        connection.send_bytes(json.dumps({"tests": told.tests}).encode())


main()
