"""Followers: the records that stand between integers and what reads them, and in which order.

    bits   := [max_pool] [duplicate] ([batch_norm] [max_pool] sign | threshold) [max_pool]
    scores := [batch_norm] [global_average_pool] [flatten]                     (ends at 1 x 1)

Bits have one max-pool at most, before or behind the duplicate; of a flattened map nothing but a
dense layer follows.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace

from hw.network.reading import places
from hw.network.reading.given import TO_BITS, Given
from hw.network.reading.pieces import Record
from hw.network.reading.problems import Problems

Follower = Callable[[Record, Given, Problems], Given]

AVERAGE = ("an average that is not of scores",
           "keep it for the head, the last conv or dense of the network")

SIGNLESS = {
    "batch_norm": ("a batch_norm with no sign behind it", "run python -m model.quantise, which "
                   "makes integers of it, or put a sign behind it"),
    "max_pool": ("a max_pool of integers with no sign behind it", "put a sign before or behind it"),
    "duplicate": ("a duplicate of integers with no sign behind it", "put a sign or threshold "
                  "behind it, or remove it"),
    "global_average_pool": AVERAGE,
}
"""What is said of a record between integers and a layer that reads them, and what to change."""


def max_pool(record: Record, given: Given, problems: Problems) -> Given:
    again = _again(record, given, problems)
    geometry = places.max_pool(record, given, problems)
    shape = (given.shape[0], geometry.out_height, geometry.out_width)
    if again:
        return replace(given, shape=shape)
    first = not given.behind.keys() & {"batch_norm", *TO_BITS}
    return given.then(record, shape=shape, pool=geometry, pool_first=first)


def batch_norm(record: Record, given: Given, problems: Problems) -> Given:
    if before := [kind for kind in TO_BITS
                  if kind in given.behind and "batch_norm" not in given.behind]:
        problems.say(record, f"batch_norm after the {before[0]}", "put it between the conv or "
                     f"dense and {'the sign' if before == ['sign'] else 'a sign'}")
        return given
    return given if _again(record, given, problems) else given.as_map(problems).then(record)


def to_bits(record: Record, given: Given, problems: Problems) -> Given:
    """A sign or threshold."""
    kind, behind = record["kind"], given.behind
    if before := [other for other in TO_BITS if other in behind and other != kind]:
        problems.say(record, f"a {kind} of what {behind[before[0]]['name']!r} made bits already",
                     "remove one of them")
    elif kind == "threshold" and "batch_norm" in behind:
        problems.say(record, f"a threshold after the batch_norm {behind['batch_norm']['name']!r}",
                     "use sign there, or put the batch_norm into the threshold")
    elif _again(record, given, problems):
        return given
    elif given.over:
        problems.say(behind["global_average_pool"], *AVERAGE)
    return given.as_map(problems).then(record)


def duplicate(record: Record, given: Given, problems: Problems) -> Given:
    if before := given.behind.keys() & {"batch_norm", *TO_BITS}:
        kind = min(before)
        problems.say(record, f"duplicate after the {kind}", f"put it before the {kind}, where it "
                     "gives each sum several thresholds")
        return given
    if _again(record, given, problems):
        return given
    channels, *sides = given.shape
    shape = (int(record.get("count", 2)) * channels, *sides)
    return given.as_map(problems).then(record, shape=shape)


def global_average_pool(record: Record, given: Given, problems: Problems) -> Given:
    if given.single:
        return given
    return given.then(record, last=given.last, shape=(given.shape[0], 1, 1), over=given.shape)


def flatten(record: Record, given: Given, problems: Problems) -> Given:
    return replace(given, flat=given.flat or record)


FOLLOWERS: Mapping[str, Follower] = {
    "max_pool": max_pool, "batch_norm": batch_norm, "sign": to_bits, "threshold": to_bits,
    "duplicate": duplicate, "global_average_pool": global_average_pool, "flatten": flatten,
}


def _again(record: Record, given: Given, problems: Problems) -> bool:
    """True, and noted, if there was one of this kind before."""
    kind = record["kind"]
    if (first := given.behind.get(kind)) is None:
        return False
    if kind == "batch_norm" and first["name"] in given.forks and not given.bits:
        problems.say(first, *SIGNLESS[kind])
    else:
        problems.say(record, f"a second {kind} after {first['name']!r} and before the next conv or "
                     "dense", "remove one of them")
    return True
