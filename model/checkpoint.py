"""The checkpoint: a trained network in one file of plain types and tensors, without code."""

import hashlib
import json
import pickle
import zipfile
from dataclasses import dataclass, fields
from typing import Any

import torch
from torch import Tensor

from model import content, files, zipped
from model.arch import Arch, examined, parse
from model.faults import described, shown, told
from model.files import Name
from model.layers import BinaryProduct
from model.networks import BinaryNetwork
from model.refusal import Refusal
from model.settled import settle

FORMAT = "purelogic"
VERSION = 1

LARGEST, STATE = 2**29, 2**32
"""Most bytes of a checkpoint, and of the state of a training run, whose tensors are float32."""

PICKLE = 2**20
"""Most bytes of the pickle in a checkpoint, which has all but the tensors: unpickling takes far
more memory."""


@dataclass(kw_only=True)
class Checkpoint:
    """A trained network; the schema is in docs/checkpoint.md.

    Parameters
    ----------
    method : training method, such as "bnn-dl".
    arch : the dict that `model.arch` describes, with all defaults.
    state_dict : tensors by ``<layer>.<tensor>``; binary weights are int8 +1 or -1.
    classes : a name for each score.
    metrics : measured figures, and the data that they were measured on.
    training : all hyper-parameters, seeds, data sets and versions.
    """

    method: str
    arch: dict[str, Any]
    state_dict: dict[str, Tensor]
    classes: list[str]
    metrics: dict[str, Any]
    training: dict[str, Any]
    version: int = VERSION

    def module(self) -> BinaryNetwork:
        """The network with these weights, in evaluation mode."""
        network = BinaryNetwork(parse(self.arch))
        network.load_state_dict(self.state_dict)
        return network.eval()

    @property
    def digest(self) -> str:
        """SHA-256 in hexadecimal of arch, classes and tensors: of all that decides the scores.

        It does not depend on how the file is written.
        """
        settled = settle(parse(self.arch), self.state_dict)
        if settled.faults:
            raise Refusal(told(settled.faults))
        return _digest(settled.arch, self.classes, settled.tensors)


def export(network: BinaryNetwork) -> dict[str, Tensor]:
    """The network's tensors on the CPU, with the signs of latent weights, int8, in their place."""
    binary = _binary_weights(network)
    return {key: torch.where(value >= 0, 1, -1).to("cpu", torch.int8).contiguous()
            if key in binary else value.detach().to("cpu", copy=True).contiguous()
            for key, value in network.state_dict().items()}


def save(checkpoint: Checkpoint, path: Name) -> None:
    """Check a checkpoint and write it to ``path``, complete or not at all.

    Raises
    ------
    Refusal
        If `load` would refuse it, or the folder cannot be written.
    """
    given = {field.name: getattr(checkpoint, field.name) for field in fields(Checkpoint)}
    checked, digest = _checked({**given, "format": FORMAT}, "checkpoint")
    settled = {field.name: getattr(checked, field.name) for field in fields(Checkpoint)}
    write({"format": FORMAT, **settled, "digest": digest}, path, pickled=PICKLE)


def write(fields: dict[str, Any], path: Name, *, pickled: int = STATE) -> None:
    """Write a dict with ``torch.save``, and replace an earlier file only once it can be read back.

    Raises
    ------
    Refusal
        If the folder cannot be written, or the dict is larger than `read` accepts.
    """
    try:
        with files.whole(path) as file:
            try:
                torch.save(fields, file)
            except RuntimeError:
                # torch's own message is no more than a line of its source.
                raise OSError("the disk is full, or takes no file of this size") from None
            file.flush()
            _unpickled(zipped.records(file.name, STATE, packed=False, hint=""), pickled)
    except Refusal as refusal:
        said = str(refusal)
        raise Refusal(said if said.startswith(str(path)) else f"{path}: not written, {said}"
                      ) from None
    except (pickle.PickleError, AttributeError, TypeError):
        raise Refusal(f"{path}: not written, since it would hold objects; metrics and training"
                      " take plain types only") from None


def read(path: Name, *, most: int = STATE, pickled: int = STATE) -> dict[Any, Any]:
    """Read the dict of plain types and tensors in ``path``; code in it is refused, never run.

    Every record must match its check sum, and none may be compressed.

    Parameters
    ----------
    most, pickled : most bytes of the file, and of the pickle in it.

    Raises
    ------
    Refusal
        For a file that is missing, damaged, of another format, or that has code or objects.
    """
    try:
        given = _unpickled(zipped.records(path, most, packed=False, hint=HINT), pickled)
    except zipfile.BadZipFile:
        raise _no_archive(path) from None
    except pickle.UnpicklingError as error:
        if not _named(error):
            raise _no_archive(path) from None
        raise Refusal(f"{path}: holds more than tensors and plain types{_named(error)}, which may"
                      f" hold code; nothing in it was run; {HINT}{CONVERT}") from None
    except Refusal as refusal:
        said = str(refusal)
        raise Refusal(said if said.startswith(str(path)) else f"{path}: {said}") from None
    except MemoryError:
        raise Refusal(f"{path}: needs more memory than there is; {HINT}") from None
    except Exception as error:
        # At the bytes of any other file, torch may raise anything.
        raise Refusal(f"{path}: not a Purelogic checkpoint ({files.reason(error)[:100]});"
                      f" {HINT}") from None
    if not isinstance(given, dict):
        raise Refusal(f"{path}: not a Purelogic checkpoint, but {described(given)};"
                      f" {HINT}{CONVERT}")
    return given


@files.quiet()
def load(path: Name) -> Checkpoint:
    """Read a checkpoint and check it: content, arch, every tensor against the arch, and digest.

    Raises
    ------
    Refusal
        With every fault and its place; for weights that do not match, with both shapes.
    """
    given = read(path, most=LARGEST, pickled=PICKLE)
    if given.get("format") != FORMAT:
        keys = ", ".join(described(key) for key in list(given)[:4])
        raise Refusal(f"{path}: not a Purelogic checkpoint, but a dict of {keys or 'nothing'};"
                      f" {HINT}{CONVERT}")
    version = given.get("version")
    if type(version) is int and version != VERSION:
        raise Refusal(f"{path}: checkpoint version {version}, this program reads {VERSION}; use the"
                      " program that wrote it")
    checkpoint, digest = _checked(given, str(path))
    if given.get("digest", digest) != digest:
        raise Refusal(f"{path}: damaged or changed, its network has the digest {digest[:16]}...,"
                      f" the file says {described(given['digest'][:16])}; fetch it again, or take"
                      " \"digest\" out of the file if you changed the network")
    return checkpoint


HINT = files.TRAINED

CONVERT = ", or bring in what others trained with python -m model.convert (docs/convert.md)"

LEGACY = b"\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19."
"""First bytes of a file that torch.save wrote before 1.6, or later without its zip archive."""


def _no_archive(path: Name) -> Refusal:
    if files.content(path, STATE).startswith(LEGACY):
        return Refusal(f"{path}: torch.save's old format, which has no check sums; nothing in it"
                       " was run; save it again as today's torch.save does")
    return Refusal(f"{path}: not a Purelogic checkpoint, and nothing in it was run; {HINT}"
                   f"{CONVERT}")


def _unpickled(records: dict[str, bytes], pickled: int) -> Any:
    """Unpickle ``records`` that have been checked with torch, which skips the check sums itself."""
    for name, record in records.items():
        if name.endswith("data.pkl"):
            if len(record) > pickled:
                raise Refusal(f"{len(record):,} bytes beside the tensors, at most {pickled:,} are"
                              " read; keep what is no part of the network in another file")
            if b"\nbytearray\n" in record or b"\n_rebuild_device_tensor" in record:
                # A few bytes of such a pickle can allocate any amount of memory.
                raise pickle.UnpicklingError("GLOBAL bytearray was not an allowed global")
    with files.quiet():
        return torch.load(zipped.stored(records), map_location="cpu", weights_only=True)


def _named(error: Exception) -> str:
    """Name of the object that torch refused to make."""
    said = str(error).partition("GLOBAL ")[2].split()
    return f" ({shown(said[0], 80)})" if said else ""


def _checked(fields: dict[Any, Any], where: str) -> tuple[Checkpoint, str]:
    """The checkpoint in its canonical form, and its digest; `Refusal` names every fault."""
    faults, arch, tensors = content.faults(fields), None, {}
    if not any(fault.startswith("arch") for fault in faults):
        arch, wrong = examined(fields["arch"])
        faults += [f"arch: {told(wrong)}"] if wrong else []
        arch = None if wrong else arch
    if type(version := fields.get("version")) is int and version != VERSION:
        faults.append(f"version: {version}, this program writes {VERSION}")
    if arch is not None and isinstance(fields.get("state_dict"), dict):
        sound, odd = content.sound_tensors(fields["state_dict"])
        settled = settle(arch, sound)
        faults += [fault for fault in settled.faults if not fault.startswith(odd)]
        arch, tensors = settled.arch, settled.tensors
    if arch is not None and isinstance(fields.get("classes"), list) and (
            len(fields["classes"]) != arch.classes):
        faults.append(f"{len(fields['classes'])} class names for {arch.classes} scores")
    if faults or arch is None:
        raise Refusal(f"{where}: {told(faults)}")
    checkpoint = Checkpoint(
        method=fields["method"], arch=arch.plain(), state_dict=tensors,
        classes=list(fields["classes"]), metrics=content.plain(fields["metrics"]),
        training=content.plain(fields["training"]))
    return checkpoint, _digest(arch, checkpoint.classes, checkpoint.state_dict)


def _digest(arch: Arch, classes: list[str], tensors: dict[str, Tensor]) -> str:
    head = {"arch": arch.plain(), "classes": classes}
    state = hashlib.sha256(json.dumps(head, sort_keys=True).encode())
    for key in sorted(tensors):
        array = tensors[key].numpy()
        state.update(f"\n{key} {array.dtype} {list(array.shape)}\n".encode())
        state.update(array.astype(array.dtype.newbyteorder("<")).tobytes())
    return state.hexdigest()


def _binary_weights(network: BinaryNetwork) -> set[str]:
    return {f"{name}.weight" for name, module in network.named_modules()
            if isinstance(module, BinaryProduct) and module.binary}
