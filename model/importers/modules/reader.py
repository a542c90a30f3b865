"""Importer of any PyTorch module of known layers, which is run, with a file of its weights.

The module's own Python code is run: only where its user says so. What it does to an image is
recorded operation by operation (`model.importers.modules.graph`), so that weights are those that it
computes itself, however it binarises them. At last the network that was read is run beside the
module, in float64 and on random images: their scores must agree.
"""

from pathlib import Path
from types import ModuleType

import torch
from torch import Tensor, nn

from model.arch import MAP
from model.checkpoint import Checkpoint
from model.faults import told
from model.files import quiet
from model.importers import states
from model.importers.builder import Builder
from model.importers.latents import signs
from model.importers.modules.code import Code, Double, imported, run
from model.importers.modules.graph import Graph
from model.importers.modules.maps import Map, uniform
from model.importers.modules.operations import OPERATIONS
from model.importers.modules.walk import Walk
from model.importers.normalisation import Normalisation, exact_table, needed
from model.importers.simpler import simplify
from model.importers.states import State
from model.networks import BinaryNetwork, build
from model.refusal import Refusal

IMAGES, NEAR = 8, 1e-6
"""Number of random images for the comparison, and how near scores must be to their size."""

def read(
    path: Path, normalisation: Normalisation | None = None, code: Code | None = None
) -> Checkpoint:
    """Read the network ``code`` with the state dict in ``path``; classes are numbered.

    Raises
    ------
    Refusal
        For code that cannot be run, a state dict of another module, or with every operation that
        is no layer.
    """
    if code is None:
        raise Refusal(f"{path}: a state dict does not tell its network; give --module, --shape and"
                      " --run-code")
    if code is None:
        raise Refusal(f"{path}: its tensors do not tell the network; give its code with --module"
                      " FILE.py:NAME, --shape and --run-code")
    normalisation = needed(normalisation, path)
    normalisation.table(code.shape[0])
    if not all(size >= 1 for size in code.shape) or code.shape[0] * code.shape[1] * (
            code.shape[2]) > MAP:
        raise Refusal(f"--shape {code.shape}: give channels, rows and columns of an image")
    state, images = states.read(path, code.name), _images(code.shape)
    with quiet(), imported(code) as file:
        module = _loaded(state, code, file)
        graph = run(code, lambda: Graph(module, normalisation.real(images[:2]).float()))
        builder = Builder(shape=code.shape)
        walk = Walk(graph=graph, builder=builder, operations=OPERATIONS)
        found = walk.run(normalisation.scale)
        if found is None:
            raise Refusal(f"{code.file}:{code.name}: {told(walk.faults)}")
        if len(found.shape) > 1 and any(size != 1 for size in found.shape[1:]):
            raise Refusal(f"{code.file}:{code.name}: its scores are a map of {found.shape}; end"
                          " with an average or a flatten and a dense layer")
        found = found if _order_kept(found) else walk.settled(found)
        simplify(builder)
        _compare(code, module, _double(builder, normalisation), images, normalisation, walk, found)
        return builder.checkpoint("torch", path, normalisation, module=code.name, ties=walk.ties)


def _order_kept(scores: Map) -> bool:
    """True if scores are those of the last layer times and plus one number."""
    return uniform(scores.scale) and uniform(scores.shift) and scores.rising and not scores.squashed


def _images(shape: tuple[int, int, int]) -> Tensor:
    generator = torch.Generator().manual_seed(0)
    return torch.randint(0, 256, (IMAGES, *shape), generator=generator, dtype=torch.uint8)


def _loaded(state: State, code: Code, file: ModuleType) -> nn.Module:
    """The module in evaluation mode, with its weights, binarised as the user says."""
    found = getattr(file, code.name, None)
    if not callable(found):
        raise Refusal(f"{code.file}: has no class or function {code.name}")
    module = run(code, found)
    if not isinstance(module, nn.Module):
        raise Refusal(f"{code.file}:{code.name}: makes no nn.Module, but a {type(module).__name__}")
    wanted = module.state_dict()
    for key, value in wanted.items():
        if key.endswith(states.LOST) and key not in state:
            state.tensors[key] = value
        state.check(key, value)
    state.taken |= wanted.keys()
    state.finish()
    module.load_state_dict(state.tensors)
    _binarise(module, code)
    return module.eval()


@torch.no_grad()
def _binarise(module: nn.Module, code: Code) -> None:
    """Put signs and scales in place of the latents of plain layers, by the rule."""
    layers = {name: each for name, each in module.named_modules()
              if type(each) in (nn.Conv2d, nn.Linear)}
    faults = [f"--real {name}: there is no nn.Conv2d or nn.Linear of that name"
              for name in code.real if name not in layers]
    for name, layer in layers.items():
        weight = layer.weight
        if not code.rule or name in code.real or bool(
                (weight.abs().flatten(1) == weight.abs().flatten(1)[:, :1]).all()):
            continue
        found, wrong = signs(weight, code.rule)
        if found is None:
            faults.append(f"{name}.weight: {wrong}")
        else:
            scale = found.scale.view(-1, *[1] * (weight.ndim - 1))
            weight.copy_(found.weight * scale)
    if faults:
        raise Refusal(f"{code.file}:{code.name}: {told(faults)}")


def _double(builder: Builder, normalisation: Normalisation) -> BinaryNetwork:
    """The network in float64, which reads real input."""
    network = build(builder.arch(normalisation.table(builder.shape[0]))).double()
    network.load_state_dict({key: value.double() if value.dtype == torch.int8 else value
                             for key, value in builder.state().items()})
    exact_table(network, normalisation)
    return network.eval()


@torch.no_grad()
def _compare(code: Code, module: nn.Module, network: BinaryNetwork, images: Tensor,
             normalisation: Normalisation, walk: Walk, found: Map) -> None:
    """Refuse unless module and network give the same scores of images without ties."""
    module = module.double()
    with Double():
        theirs = run(code, lambda: module(normalisation.real(images))).flatten(1)
    stages = network.stages(images)
    ours = network.scores(stages) * float(found.scale[0]) + float(found.shift[0])
    if walk.softmax:
        ours = ours.log_softmax(1) if "log" in walk.softmax else ours.softmax(1)
    tied = torch.zeros(len(images), dtype=torch.bool)
    for sign in walk.ties:
        read = network.arch.reads[sign]
        assert read is not None
        tied |= (stages[read] == 0).flatten(1).any(1)
    if bool(tied.all()):
        raise Refusal(f"{code.file}:{code.name}: a sign reads exact zeros in every one of"
                      f" {len(images)} random images, of which torch.sign makes 0 and hardware +1;"
                      " put a batch norm before it, or torch.where(x >= 0, 1.0, -1.0) in its place")
    apart = (ours - theirs).abs().amax(1)[~tied]
    if not bool((apart <= NEAR * (1 + theirs.abs().max())).all()):
        raise Refusal(f"{code.file}:{code.name}: gives other scores than the layers that were read"
                      f" of it, up to {float(apart.max()):.3g} apart; this program does not"
                      " understand it, so say so to its authors")
