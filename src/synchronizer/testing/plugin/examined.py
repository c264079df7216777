"""Facts about single items: identity, essence, secrets."""

import copy
import random
from typing import Any

import pytest

from synchronizer.model.errors import (
    MalformedError,
)
from synchronizer.model.essence import names
from synchronizer.plugins.excerpt import REDACTED
from synchronizer.plugins.plugin import Resource
from synchronizer.testing.plugin.bench import CANARY, PARENTS, put, shuffled
from synchronizer.testing.plugin.items import Items


class Examined(Items):
    """Tests of what becomes of an item."""

    def test_identity_is_stable(self, resource: Resource) -> None:
        """Asked twice, and whatever else the item says, it is the same."""

        def check(extra: dict[str, Any]) -> None:
            row, item = self.with_noise(resource, extra)
            shaped = resource.shape(copy.deepcopy(item), row.parent)
            before = copy.deepcopy(shaped)
            assert resource.identify(shaped) == resource.identify(shaped) == row.id
            assert shaped == before

        self._over(check)

    def test_a_missing_part_of_the_id_is_malformed(self, resource: Resource) -> None:
        """Also one that is null, empty or of another kind."""
        with pytest.raises(MalformedError):
            resource.identify({})
        if type(resource).identify is not Resource.identify:
            return
        row = self.one(resource)
        for path in resource.id:
            values: tuple[Any, ...] = (None, "", True, [], {})
            for value in values:
                shaped = resource.shape(copy.deepcopy(row.item), row.parent)
                put(shaped, path, value)
                with pytest.raises(MalformedError):
                    resource.identify(shaped)

    def test_an_item_of_the_wrong_shape_is_malformed(self, resource: Resource) -> None:
        """Whatever a service answers, the plugin's own code trips over nothing."""

        def check(item: dict[str, Any]) -> None:
            try:
                self.examined(resource, item, PARENTS[0])
            except MalformedError:
                return

        self._over(check)

    def test_the_essence_is_idempotent_and_pure(self, resource: Resource) -> None:
        """The essence of an essence is itself, and equal items have equal ones."""

        def check(extra: dict[str, Any]) -> None:
            row, item = self.with_noise(resource, extra)
            shaped = resource.shape(copy.deepcopy(item), row.parent)
            again = copy.deepcopy(shaped)
            once = resource.essence(shaped)
            kept = copy.deepcopy(once)
            assert resource.essence(once) == kept == resource.essence(again)

        self._over(check)

    def test_volatile_fields_never_count(self, resource: Resource) -> None:
        """Whatever stands there, the digest is the same."""

        def check(extra: dict[str, Any]) -> None:
            row, item = self.with_noise(resource, {})
            before = self.examined(resource, item, row.parent).digest
            for path in (*resource.volatile, *resource.measured):
                put(item[resource.unwrap] if resource.unwrap else item, path, extra)
                assert self.examined(resource, item, row.parent).digest == before

        self._over(check)

    def test_the_order_of_lists_counts_only_where_declared(self, resource: Resource) -> None:
        """Lists come out of joins and sets in any order."""
        ordered = frozenset(names(path) for path in resource.ordered)

        def check(extra: dict[str, Any]) -> None:
            row, item = self.with_noise(resource, extra)
            before = self.examined(resource, item, row.parent).digest
            start = frozenset({(resource.unwrap, *path) for path in ordered})
            kept = start if resource.unwrap else ordered
            moved = shuffled(item, random.Random(len(str(extra))), kept)  # noqa: S311
            assert self.examined(resource, moved, row.parent).digest == before

        self._over(check)
        row = self.one(resource)
        for path in resource.ordered:
            item = copy.deepcopy(row.item)
            put(item[resource.unwrap] if resource.unwrap else item, path, [{"n": 1}, {"n": 2}])
            assert self.examined(resource, item, row.parent).digest != (
                self.examined(resource, row.item, row.parent).digest
            )

    def test_secrets_never_come_out(self, resource: Resource) -> None:
        """The body that is stored has stars in the place of each."""
        row = self.one(resource)
        found = self.examined(resource, row.item, row.parent)
        assert CANARY.encode() not in found.body
        shown = set(resource.secret) - set(resource.only_single)
        assert (REDACTED.encode() in found.body) == bool(shown)

    def test_a_secret_is_hidden_whatever_it_is(self, resource: Resource) -> None:
        """A structure, too."""
        for value in ([CANARY], {CANARY: CANARY}, {"deep": [{"deeper": CANARY}]}):
            row, item = self.with_noise(resource, {})
            for path in resource.secret:
                put(item[resource.unwrap] if resource.unwrap else item, path, value)
            assert CANARY.encode() not in self.examined(resource, item, row.parent).body
