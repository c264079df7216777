"""A Kafka broker of librdkafka's own making: the protocol over TCP, and nothing kept on disk.

Kafka itself needs what this project cannot install for itself. librdkafka, the library under
confluent-kafka, has a broker for tests; its header ``rdkafka_mock.h`` says what it can do.
"""

import ctypes
from pathlib import Path

import confluent_kafka

PRODUCER = 0
PRODUCE = 0
REQUEST_TIMED_OUT = 7


class Broker:
    """One broker on a free port of 127.0.0.1, inside a ``with`` block."""

    def __init__(self):
        self._library = _library()
        self._errors = ctypes.create_string_buffer(256)

    def __enter__(self):
        new = _function(self._library, "rd_kafka_new", ctypes.c_void_p)
        self._owner = ctypes.c_void_p(new(PRODUCER, None, self._errors, len(self._errors)))
        assert self._owner, self._errors.value
        make = _function(self._library, "rd_kafka_mock_cluster_new", ctypes.c_void_p)
        self._cluster = ctypes.c_void_p(make(self._owner, 1))
        where = _function(self._library, "rd_kafka_mock_cluster_bootstraps", ctypes.c_char_p)
        self.address = where(self._cluster).decode()
        self.url = f"kafka://{self.address}/"
        return self

    def topic(self, name):
        """Make a topic of one partition."""
        made = self._library.rd_kafka_mock_topic_create(self._cluster, name.encode(), 1, 1)
        assert made == 0

    def refuse(self, error, times):
        """Answer so many requests to produce with an error."""
        self._library.rd_kafka_mock_push_request_errors_array(
            self._cluster, PRODUCE, ctypes.c_size_t(times), (ctypes.c_int * times)(*[error] * times)
        )

    def down(self, yes):
        """Let connections break and refuse new ones, or take them again."""
        act = f"rd_kafka_mock_broker_set_{'down' if yes else 'up'}"
        assert getattr(self._library, act)(self._cluster, 1) == 0

    def __exit__(self, *_):
        self._library.rd_kafka_mock_cluster_destroy(self._cluster)
        self._library.rd_kafka_destroy(self._owner)


def _library():
    folder = Path(confluent_kafka.__file__).parent.with_suffix(".libs")
    (found,) = folder.glob("librdkafka-*")
    return ctypes.CDLL(str(found))


def _function(library, name, result):
    found = getattr(library, name)
    found.restype = result
    return found
