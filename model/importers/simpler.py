"""Simpler forms of what importers read: without a relu before a sign, with two batch norms in one,
and with flattens behind signs.

Hardware has one threshold between a product and its bits. Both forms give the same bits.
"""

from model.importers.draft import Draft


def simplify(draft: Draft) -> None:
    """Bring ``draft`` to the simplest form it has."""
    for record in list(draft.records):
        if record["kind"] == "relu":
            _without_relu(draft, record["name"])
    for name in list(draft.norms):
        _into_one(draft, name)
    for record in list(draft.records):
        if record["kind"] == "flatten":
            _behind_sign(draft, record["name"])


def _readers(draft: Draft, name: str | None) -> list[str]:
    found = [reader for reader, read in draft.reads.items() if read == name]
    return found + [record["name"] for record in draft.records if record.get("from") == name]


def _behind_pools(draft: Draft, name: str) -> str | None:
    """The one reader of a layer, or of the max-pool behind it; None if there are several."""
    readers = _readers(draft, name)
    if len(readers) != 1:
        return None
    return _behind_pools(draft, readers[0]) if _kind(draft, readers[0]) == "max_pool" else (
        readers[0])


def _kind(draft: Draft, name: str) -> str:
    return str(next(each["kind"] for each in draft.records if each["name"] == name))


def _without_relu(draft: Draft, relu: str) -> None:
    norm = _behind_pools(draft, relu)
    if norm is None or norm not in draft.norms:
        return
    signs = _readers(draft, norm)
    if signs and all(_kind(draft, each) == "sign" for each in signs):
        draft.norms[norm] = draft.norms[norm].before_relu()
        _remove(draft, relu)


def _into_one(draft: Draft, inner: str) -> None:
    """Take the batch norm ``inner`` into the one that alone reads it, if there is one."""
    outer = _behind_pools(draft, inner)
    if outer is None or outer not in draft.norms:
        return
    here, behind = draft.norms[inner], draft.norms[outer]
    # A falling slope would turn around which of several numbers a pool takes.
    if draft.reads[outer] == inner or bool((here.slope > 0).all()):
        draft.norms[outer] = here.followed(behind.slope, behind.constant)
        _remove(draft, inner)


def _behind_sign(draft: Draft, flatten: str) -> None:
    """Put a flatten behind the sign that alone reads it, if there is one."""
    readers = _readers(draft, flatten)
    if len(readers) != 1 or _kind(draft, readers[0]) != "sign":
        return
    sign, names = readers[0], [each["name"] for each in draft.records]
    here, there = names.index(flatten), names.index(sign)
    if there != here + 1:
        return
    draft.records[here], draft.records[there] = draft.records[there], draft.records[here]
    behind = [name for name in _readers(draft, sign) if draft.reads[name] == sign]
    draft.reads |= dict.fromkeys(behind, flatten)
    draft.reads |= {sign: draft.reads[flatten], flatten: sign}


def _remove(draft: Draft, name: str) -> None:
    before = draft.reads.pop(name)
    draft.records[:] = [each for each in draft.records if each["name"] != name]
    draft.norms.pop(name, None)
    for reader, read in draft.reads.items():
        if read == name:
            draft.reads[reader] = before
