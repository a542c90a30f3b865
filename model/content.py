"""The check of a checkpoint's content: the plain types and tensors that it may have."""

import math
from collections import OrderedDict
from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor, nn

from model.faults import described, keyed

FIELDS: dict[str, type] = {
    "format": str, "version": int, "method": str, "arch": dict, "state_dict": dict,
    "classes": list, "metrics": dict, "training": dict, "digest": str}
"""Top-level fields of a checkpoint, each with its type."""

OPTIONAL = ("digest",)

VALUES = 400_000
"""Most numbers, texts and containers in a checkpoint, without the tensors."""

DEPTH, TEXT, NAME, CLASSES = 32, 10_000, 100, 65_536
"""Most nested containers, characters of a text, characters of a name, and classes."""

_TENSORS = (Tensor, nn.Parameter, nn.Buffer)


def faults(content: dict[Any, Any]) -> list[str]:
    """All that a checkpoint may not have in ``content``, as ``<place>: what; what to write``.

    Neither the arch itself nor its agreement with the tensors is checked here.
    """
    wrong = [f"{keyed(key)}: unknown; a checkpoint holds {', '.join(FIELDS)}"
             for key in content if key not in FIELDS]
    wrong += [f"{name}: missing" for name in FIELDS if name not in (*content, *OPTIONAL)]
    wrong += [f"{name}: found {described(content[name])}, wanted {_TYPE_NAMES[wanted]}"
              for name, wanted in FIELDS.items()
              if name in content and not _is(content[name], wanted)]
    counted = [0]
    for name in ("arch", "metrics", "training"):
        if _is(content.get(name), dict):
            wrong += _plain(content[name], name, 0, counted)
    wrong += _name(content.get("method"), "method") if _is(content.get("method"), str) else []
    wrong += _classes(content.get("classes"))
    wrong += _tensors(content.get("state_dict"))
    return wrong


def plain(value: Any) -> Any:
    """A value that `faults` accepts, with lists for tuples and plain dicts for ordered ones."""
    if isinstance(value, dict):
        return {key: plain(entry) for key, entry in value.items()}
    return [plain(entry) for entry in value] if isinstance(value, list | tuple) else value


_TYPE_NAMES = {str: "text", int: "an integer", dict: "a dict", list: "a list"}


def _is(value: Any, wanted: type) -> bool:
    """True if a value is of exactly this type: True is no integer, and a NumPy number no float."""
    return type(value) is wanted or (wanted is dict and type(value) is OrderedDict)


def _plain(value: Any, place: str, depth: int, counted: list[int]) -> Iterator[str]:
    """Faults of a value that has to be JSON; ``counted`` is the number of values so far."""
    counted[0] += 1
    if counted[0] == VALUES:
        yield f"{place}: more than {VALUES:,} values in all; keep them in a file of their own"
    if counted[0] >= VALUES:
        return
    if _is(value, dict) or type(value) in (list, tuple):
        if depth == DEPTH:
            yield f"{place}: more than {DEPTH} lists and dicts in one another"
            return
        inside = value.items() if isinstance(value, dict) else enumerate(value)
        for key, entry in inside:
            if isinstance(value, dict) and (fault := _bad_key(key)):
                yield f"{place}: {fault}"
                continue
            where = f"{place}.{keyed(key)}" if isinstance(value, dict) else f"{place}[{key}]"
            yield from _plain(entry, where, depth + 1, counted)
    elif fault := _bad_value(value):
        yield f"{place}: {fault}"


def _bad_key(key: Any) -> str | None:
    if type(key) is not str:
        return f"a key {described(key)} that is no text; write text, as JSON has it"
    return _bad_text(key)


def _bad_value(value: Any) -> str | None:
    if value is None or type(value) is bool:
        return None
    if type(value) is int:
        return None if abs(value) < 2**64 else f"{described(value)} has more than 64 bits"
    if type(value) is float:
        return None if math.isfinite(value) else f"{value}, which JSON has no number for"
    if type(value) is str:
        return _bad_text(value)
    what = "a tensor" if isinstance(value, Tensor) else described(value)
    write = "number.item() or tensor.tolist()" if hasattr(value, "tolist") else (
        "numbers, text, lists and dicts")
    return f"{what}; write {write}"


def _bad_text(text: str) -> str | None:
    if len(text) > TEXT:
        return f"a text of {len(text):,} characters, at most {TEXT:,}"
    try:
        text.encode()
    except UnicodeEncodeError:
        return f"{described(text)} is no text in UTF-8"
    return None


def _name(name: Any, place: str) -> list[str]:
    if type(name) is not str:
        return [f"{place}: {described(name)} is no text"]
    if not name.strip():
        return [f"{place}: an empty name"]
    if len(name) > NAME:
        return [f"{place}: a name of {len(name):,} characters, at most {NAME}"]
    return [] if name.isprintable() else [f"{place}: {described(name)} has characters that cannot"
                                          " be printed"]


def _classes(classes: Any) -> list[str]:
    if type(classes) is not list:
        return []
    if len(classes) > CLASSES:
        return [f"classes: {len(classes):,} names, at most {CLASSES:,}"]
    return [fault for number, name in enumerate(classes)
            for fault in _name(name, f"classes[{number}]")]


def _tensors(tensors: Any) -> list[str]:
    if not isinstance(tensors, dict):
        return []
    return [f"state_dict.{keyed(key)}: {fault}" for key, value in tensors.items()
            if (fault := _bad_key(key) or _odd(value))]


def sound_tensors(tensors: dict[Any, Any]) -> tuple[dict[str, Tensor], tuple[str, ...]]:
    """The tensors that `faults` accepts, and the beginnings of faults of the others."""
    sound = {key: value for key, value in tensors.items()
             if _bad_key(key) is None and _odd(value) is None}
    return sound, tuple(f"state_dict.{keyed(key)}:" for key in tensors if key not in sound)


def _odd(value: Any) -> str | None:
    """The fault of a tensor that is not a plain one in memory, and its remedy; None if it is."""
    if not isinstance(value, Tensor):
        return f"{described(value)}; write a tensor"
    if type(value) not in _TENSORS:
        return f"a {type(value).__name__}; write a plain tensor"
    if value.is_nested:
        return "a nested tensor; write a dense one"
    if value.is_quantized:
        return "a quantised tensor; write tensor.dequantize()"
    if value.layout is not torch.strided:
        return "a sparse tensor; write tensor.to_dense()"
    if value.device.type == "meta":
        return "a meta tensor, without values; load the weights before saving"
    if value.device.type != "cpu":
        return f"on {value.device}; write tensor.cpu()"
    if value.numel() * value.itemsize > value.untyped_storage().nbytes():
        return (f"claims {value.numel():,} values of {value.itemsize} bytes and stores"
                f" {value.untyped_storage().nbytes():,} bytes; write tensor.contiguous()")
    return None
