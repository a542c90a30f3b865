"""Simpler forms of what importers read: without a relu before a sign, with two batch norms in one,
and with flattens behind signs.

Hardware has one threshold between a product and its bits. Both forms give the same bits.
"""

from model.importers.builder import Builder


def simplify(builder: Builder) -> None:
    """Bring ``builder`` to the simplest form it has."""
    for record in list(builder.records):
        if record["kind"] == "relu":
            _without_relu(builder, record["name"])
    for name in list(builder.norms):
        _into_one(builder, name)
    for record in list(builder.records):
        if record["kind"] == "flatten":
            _behind_sign(builder, record["name"])


def _readers(builder: Builder, name: str | None) -> list[str]:
    found = [reader for reader, read in builder.reads.items() if read == name]
    return found + [record["name"] for record in builder.records if record.get("from") == name]


def _behind_pools(builder: Builder, name: str) -> str | None:
    """The one reader of a layer, or of the max-pool behind it; None if there are several."""
    readers = _readers(builder, name)
    if len(readers) != 1:
        return None
    return _behind_pools(builder, readers[0]) if _kind(builder, readers[0]) == "max_pool" else (
        readers[0])


def _kind(builder: Builder, name: str) -> str:
    return str(next(each["kind"] for each in builder.records if each["name"] == name))


def _without_relu(builder: Builder, relu: str) -> None:
    norm = _behind_pools(builder, relu)
    if norm is None or norm not in builder.norms:
        return
    signs = _readers(builder, norm)
    if signs and all(_kind(builder, each) == "sign" for each in signs):
        builder.norms[norm] = builder.norms[norm].before_relu()
        _remove(builder, relu)


def _into_one(builder: Builder, inner: str) -> None:
    """Take the batch norm ``inner`` into the one that alone reads it, if there is one."""
    outer = _behind_pools(builder, inner)
    if outer is None or outer not in builder.norms:
        return
    here, behind = builder.norms[inner], builder.norms[outer]
    # A falling slope would turn around which of several numbers a pool takes.
    if builder.reads[outer] == inner or bool((here.slope > 0).all()):
        builder.norms[outer] = here.followed(behind.slope, behind.constant)
        _remove(builder, inner)


def _behind_sign(builder: Builder, flatten: str) -> None:
    """Put a flatten behind the sign that alone reads it, if there is one."""
    readers = _readers(builder, flatten)
    if len(readers) != 1 or _kind(builder, readers[0]) != "sign":
        return
    sign, names = readers[0], [each["name"] for each in builder.records]
    here, there = names.index(flatten), names.index(sign)
    if there != here + 1:
        return
    builder.records[here], builder.records[there] = builder.records[there], builder.records[here]
    behind = [name for name in _readers(builder, sign) if builder.reads[name] == sign]
    builder.reads |= dict.fromkeys(behind, flatten)
    builder.reads |= {sign: builder.reads[flatten], flatten: sign}


def _remove(builder: Builder, name: str) -> None:
    before = builder.reads.pop(name)
    builder.records[:] = [each for each in builder.records if each["name"] != name]
    builder.norms.pop(name, None)
    for reader, read in builder.reads.items():
        if read == name:
            builder.reads[reader] = before
