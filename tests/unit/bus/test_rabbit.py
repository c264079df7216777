"""TLS to a RabbitMQ: its certificate must be for the host that was asked for."""

import socket
import ssl
import threading
from contextlib import suppress

import pytest
import trustme

from synchronizer.bus.rabbit import Address
from synchronizer.model.errors import TransportError


@pytest.fixture
def authority(tmp_path):
    made = trustme.CA()
    made.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    return made


@pytest.fixture
def listening(authority):
    """Listen with a certificate for a name; by name, who was told anything after that."""
    sockets, threads, shook = [], [], []

    def serve(name, plain, context):
        while True:
            try:
                client, _ = plain.accept()
            except OSError:  # it was shut down
                return
            with client, suppress(OSError):  # an ssl.SSLError is one
                secure = context.wrap_socket(client, server_side=True)
                shook.append((name, secure.recv(4)))  # which comes once the client is content
                secure.close()

    def listen(name):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert(name).configure_cert(context)
        plain = socket.create_server(("127.0.0.1", 0))
        thread = threading.Thread(target=serve, args=(name, plain, context))
        thread.start()
        sockets.append(plain)
        threads.append(thread)
        return plain.getsockname()[1]

    def all_shook():
        for each in sockets:
            each.shutdown(socket.SHUT_RDWR)
            each.close()
        sockets.clear()
        for thread in threads:
            thread.join(10)
        return {name for name, said in shook if said == b"AMQP"}

    yield listen, all_shook
    all_shook()


def attempt(hosts, tmp_path):
    url = f"rabbit://{hosts}/?ssl=true&ssl_ca_file={tmp_path / 'ca.pem'}"
    with pytest.raises(TransportError) as caught:
        Address(url, "openstack").connect()
    return str(caught.value)


def test_a_certificate_for_another_host_is_refused(listening, tmp_path):
    listen, all_shook = listening
    said = attempt(f"user:s3cret@localhost:{listen('elsewhere.example')}", tmp_path)
    assert "certificate" in said
    assert "s3cret" not in said
    assert all_shook() == set()


def test_one_for_the_host_that_was_asked_for_is_taken(listening, tmp_path):
    listen, all_shook = listening
    attempt(f"localhost:{listen('localhost')}", tmp_path)  # it speaks no AMQP
    assert all_shook() == {"localhost"}


def test_each_of_several_hosts_is_checked_by_its_own_name(listening, tmp_path):
    listen, all_shook = listening
    first, second = listen("127.0.0.1"), listen("localhost")
    attempt(f"127.0.0.1:{first},localhost:{second}", tmp_path)
    assert all_shook() == {"127.0.0.1", "localhost"}
