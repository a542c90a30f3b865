"""The importers by their names for ``--from``, and what each has to be told beside the file."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any

from model.refusal import Refusal

if TYPE_CHECKING:
    from model.checkpoint import Checkpoint


@dataclass(frozen=True, kw_only=True)
class Importer:
    """An importer: a module with a function ``read`` from a file to a checkpoint.

    It is imported when it is used, so that the list of formats needs no torch. ``takes`` are the
    names of what ``read`` takes beside the file, keys of `SAID`.
    """

    module: str
    takes: tuple[str, ...] = ("normalisation",)

    @property
    def read(self) -> "Callable[..., Checkpoint]":
        """The function from a file, and from what is said beside it, to a checkpoint."""
        read: Callable[..., Checkpoint] = import_module(self.module).read
        return read


IMPORTERS = {
    "binarynet": Importer(module="model.importers.binarynet"),
    "bnn-dl": Importer(module="model.importers.bnn_dl"),
    "bnn-pynq": Importer(module="model.importers.pynq.reader", takes=("output_bits",)),
    "ir-net": Importer(module="model.importers.ir_net",
                       takes=("normalisation", "sign_before_last")),
    "larq": Importer(module="model.importers.keras.reader"),
    "qonnx": Importer(module="model.importers.qonnx.reader"),
    "torch": Importer(module="model.importers.modules.reader", takes=("normalisation", "code")),
    "xnor-net": Importer(module="model.importers.xnor_net"),
}

SAID = {
    "normalisation": "--mean and --std",
    "output_bits": "--output-bits",
    "sign_before_last": "--sign-before-last",
    "code": "--module",
}
"""Options for what a file does not tell."""

TOLD = ("qonnx",)
"""Formats in which the table may have other steps than 2^-N of the normalised input, so that images
cannot be counted against real input."""

RULES = ("sign", "scaled", "xnor-net", "ir-net")
"""How binary weights are made of latents, in the words of --binary-weights; functions in
`model.importers.latents`."""

MOST_BITS = 13
"""Most bits of the scale of an input table: larger integers would have more than 16 bits."""


def importer_of(form: str, said: Mapping[str, Any]) -> Importer:
    """The importer of a format, which takes what is ``said`` by the names of `SAID`.

    Raises
    ------
    Refusal
        For a format without an importer, or something said, not None or False, that it does not
        take.
    """
    if form not in IMPORTERS:
        raise Refusal(f"no importer is called {form!r}; choose from {', '.join(IMPORTERS)}")
    importer = IMPORTERS[form]
    for name, value in said.items():
        if value and name not in importer.takes:
            raise Refusal(f"{SAID[name]}: for {', '.join(taking(name))}; leave it out for {form}")
    return importer


def taking(said: str) -> list[str]:
    """The formats of which something may be said."""
    return [form for form, importer in IMPORTERS.items() if said in importer.takes]
