"""A token serves for as long as it was issued for, whatever the clock here says."""

from contextlib import contextmanager
from types import SimpleNamespace

import pytest
from keystoneauth1.access import create
from keystoneauth1.exceptions import TooManyRequests
from keystoneauth1.identity.base import BaseIdentityPlugin
from keystoneauth1.noauth import NoAuth

from synchronizer.plugins.service import Turn
from synchronizer.plugins.tokens import govern


def token(issued="2020-01-01T00:00:00Z", expires="2020-01-01T01:00:00Z"):
    """Return a token that ended long ago, by the clock here."""
    found = {"expires_at": expires}
    if issued:
        found["issued_at"] = issued
    return create(body={"token": found}, auth_token="t")


class Plugin(BaseIdentityPlugin):
    def __init__(self):
        super().__init__()
        self.given = token()
        self.asked = 0

    def get_auth_ref(self, session, **kwargs):
        self.asked += 1
        if isinstance(self.given, Exception):
            raise self.given
        return self.given


class Time:
    at = 1000.0

    def elapsed(self):
        return self.at


class Gated(Turn):
    def __init__(self):
        self.names, self.calls = [], []

    def done(self, *, seconds, size, status, retry_after):
        self.calls.append((status, retry_after))

    @contextmanager
    def gate(self, name):
        self.names.append(name)
        yield self


@pytest.fixture
def time():
    return Time()


@pytest.fixture
def gated():
    return Gated()


@pytest.fixture
def auth(time, gated):
    made = Plugin()
    govern(made, "cloud/-/tokens", gated.gate, now=lambda: 0.0, elapsed=time.elapsed)
    return made


def test_one_is_used_again_though_the_clock_here_is_years_ahead(auth, gated):
    for _ in range(100):
        assert auth.get_token(None) == "t"
    assert auth.asked == 1
    assert gated.names == ["cloud/-/tokens"]
    assert gated.calls == [(201, None)]


def test_it_is_replaced_shortly_before_its_end(auth, time):
    auth.get_token(None)
    time.at += 3600 - 121
    auth.get_token(None)
    assert auth.asked == 1
    time.at += 2
    auth.get_token(None)
    assert auth.asked == 2


def test_one_that_was_refused_is_replaced_at_once(auth):
    auth.get_token(None)
    assert auth.invalidate()
    auth.get_token(None)
    assert auth.asked == 2


@pytest.mark.parametrize("given", [token(issued=None), token(expires="2019-01-01T00:00:00Z")])
def test_without_a_sensible_end_it_serves_for_a_few_seconds(auth, time, given):
    auth.given = given
    for _ in range(10):
        auth.get_token(None)
    assert auth.asked == 1
    time.at += 6
    auth.get_token(None)
    assert auth.asked == 2


def test_keystone_may_ask_for_patience(auth, gated):
    response = SimpleNamespace(headers={"Retry-After": "33"})
    auth.given = TooManyRequests(response=response)
    with pytest.raises(TooManyRequests):
        auth.get_token(None)
    assert gated.calls == [(429, 33.0)]


def test_who_gets_no_tokens_is_left_alone(gated):
    auth = NoAuth()
    govern(auth, "c", gated.gate)
    assert type(auth) is NoAuth
