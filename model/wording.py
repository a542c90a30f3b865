"""Wording of the faults that pydantic finds in an ``arch``: what is there, and what is wanted."""

from collections.abc import Callable, Mapping
from typing import Any

from model.faults import clipped, described

Fault = Mapping[str, Any]

OTHERS: dict[str, str] = {
    "avgpool": "an average that covers the map is a global_average_pool; one of smaller windows has"
               " no exact bits, use max_pool",
    "averagepool": "write global_average_pool if it covers the map, otherwise max_pool",
    "adaptiveavgpool": "write global_average_pool, the average of the whole map",
    "linear": "write dense", "fc": "write dense", "fullyconnected": "write dense",
    "conv": "write conv", "binaryconv": "write conv", "maxpool": "write max_pool",
    "batchnorm": "write batch_norm", "bn": "write batch_norm", "hardtanh": "write sign",
    "reshape": "write flatten", "view": "write flatten", "softmax": "leave it out, it changes no"
    " class", "logsoftmax": "leave it out, it changes no class",
    "identity": "leave it out, it does nothing", "residual": "write add, with from",
}
"""Advice for other programs' kinds of layers, by name without underscores, "binary" and the number
of dimensions."""


def told(fault: Fault, arch: Any) -> str:
    """The text of a pydantic fault, such as ``layers[2] 'conv3' kernel: what``."""
    place, *rest = fault["loc"] or ("arch",)
    if place == "layers" and rest:
        # After the index pydantic puts the record's kind, which is not in the user's file.
        number, _kind, *rest = (*rest, None) if len(rest) == 1 else rest
        place = f"layers[{number}]{_name(arch, number)}"
    path = "".join(f"[{step}]" if isinstance(step, int) else f" {clipped(str(step), 40)}"
                   for step in rest if step is not None)
    return f"{clipped(str(place), 80)}{path}: {_what(fault, rest)}"


def _name(arch: Any, number: int) -> str:
    try:
        return f" {clipped(repr(arch['layers'][number]['name'][:60]), 40)}"
    except (KeyError, TypeError, IndexError):
        return ""


def _what(fault: Fault, rest: list[Any]) -> str:
    kind, given = fault["type"], fault.get("input")
    if kind == "missing":
        return "missing"
    if kind == "extra_forbidden":
        return "unknown, leave it out"
    if kind == "union_tag_not_found":
        return "no kind" if isinstance(given, dict) else f"found {described(given)}, wanted a dict"
    if kind == "union_tag_invalid":
        return _kind(fault)
    if kind == "value_error":
        return str(fault["ctx"]["error"])
    if kind == "tuple_type" and rest and rest[-1] in ("kernel", "stride", "padding"):
        return f"found {described(given)}, wanted [height, width] or one integer for both"
    wanted = _WANTED.get(kind)
    if kind in ("too_short", "too_long"):
        return f"found {_length(given)}, wanted {_count(fault)}"
    return f"found {described(given)}, wanted {wanted(fault) if wanted else _plain(fault)}"


_WANTED: dict[str, Callable[[Fault], str]] = {
    "int_type": lambda _: "an integer",
    "int_from_float": lambda _: "an integer",
    "float_type": lambda _: "a number",
    "finite_number": lambda _: "a finite number",
    "bool_type": lambda _: "true or false",
    "string_type": lambda _: "text",
    "tuple_type": lambda _: "a list",
    "list_type": lambda _: "a list",
    "model_type": lambda _: "a dict",
    "model_attributes_type": lambda _: "a dict",
    "dict_type": lambda _: "a dict",
    "greater_than": lambda fault: f"more than {fault['ctx']['gt']}",
    "greater_than_equal": lambda fault: f"at least {fault['ctx']['ge']}",
    "less_than": lambda fault: f"less than {fault['ctx']['lt']}",
    "less_than_equal": lambda fault: f"at most {fault['ctx']['le']}",
    "literal_error": lambda fault: fault["ctx"]["expected"],
    "string_pattern_mismatch": lambda _: "small letters, digits and underscores, a letter first",
    "string_too_long": lambda fault: f"at most {fault['ctx']['max_length']} characters",
    "int_parsing_size": lambda _: "an integer of a usual size",
}


def _plain(fault: Fault) -> str:
    return str(fault["msg"]).removeprefix("Input should be ")


def _length(given: Any) -> str:
    return described(given) if not isinstance(given, list | tuple) else (
        f"{len(given)} entr{'y' if len(given) == 1 else 'ies'}")


def _count(fault: Fault) -> str:
    return f"{fault['ctx'].get('max_length', fault['ctx'].get('min_length'))}"


def _kind(fault: Fault) -> str:
    given = str(fault["ctx"]["tag"])
    plain = given.lower().replace("_", "").replace("-", "").removesuffix("d").rstrip("123")
    advice = OTHERS.get(plain) or OTHERS.get(plain.removeprefix("binary"))
    return (f"no layer is of kind {clipped(repr(given[:60]), 40)}: "
            + (advice or f"there are {fault['ctx']['expected_tags']}"))
