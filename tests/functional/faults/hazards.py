"""The ways in which OpenStack's services mislead who samples them, by number.

A test that reproduces one is marked ``@pytest.mark.hazard(4)``; `test_hazards` sees to it
that none is without. They were found in the services' own code; where each bites is told
with its tests.
"""

HAZARDS = {
    1: "a policy filters rows or fields instead of refusing",
    2: "a cell of Nova is down",
    3: "a listing is cut at the largest page",
    4: "the marker's row is gone",
    5: "rows come and go during the walk",
    6: "what a listing is sorted by changes during the walk",
    7: "a row is listed twice, with different content",
    8: "a short page, or no link to the next, before the end",
    9: "clocks differ, and transactions become visible late",
    10: "two changes within the one second of a timestamp",
    11: "the time of the last update is null",
    12: "a deletion does not move the time of the last update",
    13: "an entity shows what belongs to others",
    14: "services see each other's changes late",
    15: "a read after the deletion answers in many ways",
    16: "a 404 or 500 that is no absence",
    17: "hidden, community and shared images",
    18: "an identity back end that does not answer",
    19: "Keystone cuts at its list_limit",
    20: "a deletion that is asked for and not done",
    21: "nested and softly deleted stacks",
    22: "regions with equal ids, and regions that share a service",
    23: "consecutive answers of several replicas go back in time",
    24: "workers of two releases behind one address",
    25: "a notification comes before its change, twice, late, or never",
    26: "a queue that nobody drains",
}
