"""Modules of users' own code: each is run and read, and every bit is that of the module."""

import sys

import numpy as np
import pytest
import torch

from hw.network.fold import fold
from hw.network.reference import Reference
from hw.plan.graph import layers
from model import convert
from model.checkpoint import load
from model.importers.modules.code import PACKAGE, Code
from model.importers.modules.reader import read
from model.importers.normalisation import Normalisation
from model.quantisation import quantise
from model.refusal import Refusal

FINE = Normalisation(mean=(0.4, 0.5, 0.6), std=(0.2, 0.25, 0.3), scale_bits=8)
SHAPE = (3, 12, 12)

HEAD = """
import torch
from torch import nn
from torch.nn import functional as F


class Sign(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x.sign()

    @staticmethod
    def backward(ctx, gradient):
        return gradient


class Estimated(nn.Module):
    def forward(self, x):
        soft = x.clamp(-1, 1)
        return torch.sign(x).detach() - soft.detach() + soft


class Inside(nn.Conv2d):
    '''Weights are centred and scaled, and the input is binarised unless it is an image.'''

    def forward(self, x):
        w = self.weight - self.weight.mean((1, 2, 3), keepdim=True)
        w = Sign.apply(w) * w.abs().mean((1, 2, 3), keepdim=True)
        out = F.conv2d(x if x.size(1) == 3 else Sign.apply(x), w, None, self.stride, self.padding)
        if self.bias is not None:
            out += self.bias.view(1, -1, 1, 1).expand_as(out)
        return out


class Move(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.bias = nn.Parameter(torch.randn(1, channels, 1, 1) / 3)

    def forward(self, x):
        return x + self.bias.expand_as(x)


def linear(inputs):
    return nn.Sequential(nn.Flatten(), nn.Linear(inputs, 5), nn.BatchNorm1d(5))


class Net(nn.Module):
    def __init__(self):
        super().__init__()
"""


def module(folder, made, forward):
    """A file net.py with a class Net, and a state dict of random weights; statistics too."""
    body = "".join(f"        self.{line}\n" for line in made)
    steps = "".join(f"        {line}\n" for line in forward)
    (folder / "net.py").write_text(f"{HEAD}{body}\n    def forward(self, x):\n{steps}")
    return saved(folder)


def saved(folder, **changes):
    names: dict = {}
    exec((folder / "net.py").read_text(), names)
    torch.manual_seed(3)
    network = names["Net"]()
    for each in network.modules():
        if isinstance(each, torch.nn.BatchNorm2d | torch.nn.BatchNorm1d):
            each.running_mean.normal_()
            each.running_var.uniform_(0.5, 20)
            if each.affine:
                each.weight.data.normal_()
                each.bias.data.normal_(0, 0.4)
    torch.save({**network.state_dict(), **changes}, folder / "s.pth")
    return network.eval()


def code(folder, **options):
    return Code(file=folder / "net.py", name="Net", shape=SHAPE, **options)


def pictures(count):
    return np.random.default_rng(count).integers(0, 256, (count, *SHAPE), np.uint8)


def kinds(checkpoint):
    return [record["kind"] for record in checkpoint.arch["layers"]]


def rounded(checkpoint, images):
    """What the network reads, as the module would: the same rounding in front of both."""
    table = np.array(checkpoint.arch["input"]["table"])
    read_ = np.stack([table[c][images[:, c]] for c in range(3)], axis=1) / FINE.scale
    return torch.from_numpy(read_).double()


INSIDE = (["c1 = Inside(3, 6, 3, padding=1)", "b1 = nn.BatchNorm2d(6)",
           "c2 = Inside(6, 8, 3, stride=2, padding=1)", "b2 = nn.BatchNorm2d(8)",
           "l = nn.Linear(8 * 9, 5)", "b3 = nn.BatchNorm1d(5, affine=False)"],
          ["x = F.hardtanh(self.b1(self.c1(x)), inplace=True)",
           "x = F.max_pool2d(self.c2(x), 2)", "x = Estimated()(self.b2(x).view(-1, 72))",
           "w = Sign.apply(self.l.weight)",
           "return F.log_softmax(self.b3(F.linear(x, w, self.l.bias)), 1)"])
MOVED = (["c1 = Inside(3, 6, 3, padding=1)", "b1 = nn.BatchNorm2d(6)", "m = Move(6)",
          "c2 = Inside(6, 8, 3, padding=1)", "b2 = nn.BatchNorm2d(8, eps=1e-3)",
          "c3 = Inside(8, 5, 1)"],
         ["x = self.m(self.b1(self.c1(x)))", "x = torch.where(x >= 0, 1.0, -1.0).to(x)",
          "x = self.b2(self.c2(F.dropout(x, 0.5, self.training)))",
          "x = (2 * (x > 0.25).to(x) - 1) * torch.ones(1, 8, 1, 1).to(x)",
          "x = F.adaptive_avg_pool2d(F.conv2d(x, self.c3.weight.sign()), 1)",
          "return torch.flatten(x, 1) * 3 - 0.5"])
PADDED = (["c1 = Inside(3, 6, 3)", "b1 = nn.BatchNorm2d(6)", "c2 = Inside(6, 8, 3)",
           "b2 = nn.BatchNorm2d(8)", "l = Inside(8, 5, 10)", "b3 = nn.BatchNorm2d(5)"],
          ["x = F.pad(torch.sign(torch.tanh(self.b1(self.c1(x)))), (1, 1, 1, 1), value=-1.0)",
           "x = self.b2(self.c2(x)) / 2 + 0.125", "return self.b3(self.l(x)).flatten(1)"])


@pytest.mark.parametrize(("made", "forward"), [INSIDE, MOVED, PADDED],
                         ids=["inside", "moved", "padded"])
def test_every_hidden_bit_and_class_is_that_of_the_module(tmp_path, made, forward):
    network = module(tmp_path, made, forward)
    checkpoint = read(tmp_path / "s.pth", FINE, code(tmp_path))
    images, bits = pictures(20), []
    folded = fold(checkpoint)
    traced = Reference(folded).trace(images)

    def keep(x):
        found = torch.where(x > 0, 1, 0)
        # Of bits, padded or not, no new ones are made.
        if not any(bits and torch.equal(bits[-1], each)
                   for each in (found, found[..., 1:-1, 1:-1])):
            bits.append(found)

    signs = torch.sign

    class Watch(torch.overrides.TorchFunctionMode):
        def __torch_function__(self, func, types, args=(), kwargs=None):
            name = getattr(func, "__name__", "")
            if args and isinstance(args[0], torch.Tensor) and len(args[0]) == len(images):
                if name == "sign":
                    keep(signs(args[0]))
                elif name in ("ge", "gt"):
                    keep(func(*args).double())
            return func(*args, **(kwargs or {}))

    with torch.no_grad():
        x = rounded(checkpoint, images)
        doubled = network.double()
        with Watch():
            scores = doubled(x)
    hidden = layers(folded)[:-1]
    assert len(bits) == len(hidden) == 2
    for wanted, layer in zip(bits, hidden, strict=True):
        there = traced[layer.output].astype(bool)
        assert (wanted.bool().numpy().reshape(there.shape) == there).all(), layer.name
        assert 0 < float(np.mean(there)) < 1
    assert (Reference(folded).run(images).classes == scores.argmax(1).numpy()).all()


def test_plain_layers_are_binarised_by_the_rule_that_the_user_gives(tmp_path):
    made = ["c1 = nn.Conv2d(3, 6, 3)", "b1 = nn.BatchNorm2d(6)", "c2 = nn.Conv2d(6, 8, 3)",
            "b2 = nn.BatchNorm2d(8)", "l = linear(8 * 64)"]
    forward = ["x = torch.sign(self.b1(F.relu(self.c1(x))))",
               "return self.l(torch.sign(self.b2(F.relu(self.c2(x)))))"]
    network = module(tmp_path, made, forward)
    real = read(tmp_path / "s.pth", FINE, code(tmp_path))
    assert [record.get("weights") for record in real.arch["layers"] if "weights" in record] == [
        "real"] * 3
    chosen = read(tmp_path / "s.pth", FINE, code(tmp_path, rule="xnor-net", real=("c1", "l.1")))
    # The relus are gone: a threshold is on one side of 0 or the other.
    assert kinds(chosen) == ["conv", "batch_norm", "sign", "conv", "batch_norm", "sign", "flatten",
                             "dense", "batch_norm"]
    latent = network.c2.weight - network.c2.weight.mean(1, keepdim=True)
    assert (chosen.state_dict["conv2.weight"] == torch.where(latent > 0, 1, -1)).all()
    network.c2.weight.data = latent.sign() * latent.abs().mean((1, 2, 3), keepdim=True)
    images = pictures(30)
    with torch.no_grad():
        wanted = network.double()(rounded(chosen, images))
        ours = chosen.module()(torch.from_numpy(images))
    assert (ours.argmax(1) == wanted.argmax(1)).all()
    assert torch.allclose(ours.double(), wanted, atol=1e-4)


def test_a_residual_network_is_read_with_its_branches(tmp_path):
    made = ["c0 = Inside(3, 6, 3, padding=1)", "b0 = nn.BatchNorm2d(6)",
            "c1 = Inside(6, 8, 3, stride=2, padding=1)", "b1 = nn.BatchNorm2d(8)",
            "s = Inside(6, 8, 1, stride=2)", "b2 = nn.BatchNorm2d(8)", "b3 = nn.BatchNorm2d(8)",
            "l = Inside(8, 5, 6)", "b4 = nn.BatchNorm2d(5)"]
    forward = ["x = self.b0(self.c0(x))", "y = self.b1(self.c1(x))",
               "y += self.b2(self.s(x))", "return self.b4(self.l(self.b3(y)))"]
    network = module(tmp_path, made, forward)
    checkpoint = read(tmp_path / "s.pth", FINE, code(tmp_path))
    assert kinds(checkpoint).count("add") == 1 and any(
        record.get("from") for record in checkpoint.arch["layers"])
    images = pictures(30)
    with torch.no_grad():
        wanted = network.double()(rounded(checkpoint, images)).flatten(1)
        ours = checkpoint.module()(torch.from_numpy(images))
    assert (ours.argmax(1) == wanted.argmax(1)).all()


CLAMPED = (
    ["c0 = Inside(3, 6, 3, padding=1)", "b0 = nn.BatchNorm2d(6)",
     "c1 = Inside(6, 12, 3, stride=2, padding=1)", "b1 = nn.BatchNorm2d(12)",
     "c2 = Inside(12, 12, 3, padding=1)", "b2 = nn.BatchNorm2d(12)", "b3 = nn.BatchNorm2d(12)",
     "l = linear(12)"],
    ["x = F.hardtanh(self.b0(self.c0(x)), -0.5, 1.5)", "y = self.b1(self.c1(x))",
     "y = F.hardtanh(y + F.pad(x[:, :, ::2, ::2], (0, 0, 0, 0, 2, 4)), inplace=True)",
     "z = self.b2(self.c2(y)).clamp(-1, 1)", "x = torch.clamp(z + y, -1, 1).mean((2, 3), True)",
     "return self.l(torch.sign(self.b3(x)))"])


def test_a_clamped_stream_is_read_with_its_shortcut_of_type_a(tmp_path):
    """Scores were compared in float64 when it was read; now in integers."""
    module(tmp_path, *CLAMPED)
    checkpoint = quantise(read(tmp_path / "s.pth", FINE, code(tmp_path)))
    (short,) = [each for each in checkpoint.arch["layers"] if each["kind"] == "subsample"]
    assert (short["stride"], short["before"], short["after"]) == ([2, 2], 2, 4)
    assert short["from"] == "clamp1"
    fraction = 2.0**checkpoint.training["quantised"]["fraction_bits"]
    ends = [(each["low"] / fraction, each["high"] / fraction)
            for each in checkpoint.arch["layers"] if each["kind"] == "clamp"]
    assert ends == [(-0.5, 1.5), (-1, 1), (-1, 1), (-1, 1)]
    images = pictures(30)
    with torch.no_grad():
        expected = checkpoint.module()(torch.from_numpy(images)).argmax(1).numpy()
    network = fold(checkpoint)
    assert (Reference(network).run(images).classes == expected).all()
    held = [found for name, found in Reference(network).trace(images).items() if "clamp" in name]
    assert len(held) == 4 and all(found.std() > 0 for found in held)


SMALL = ["c1 = nn.Conv2d(3, 4, 3)", "b1 = nn.BatchNorm2d(4)", "l = linear(4 * 100)"]


@pytest.mark.parametrize(("made", "forward", "told"), [
    (["c1 = nn.Conv2d(3, 6, 3, groups=3)"], ["return self.c1(x)"],
     "conv2d with c1.weight: has 3 groups; there is no grouped or depthwise convolution"),
    (["c1 = nn.Conv2d(3, 6, 3, dilation=2)"], ["return self.c1(x)"], "is dilated; train with"),
    (["c1 = nn.Conv1d(3, 6, 3)"], ["return self.c1(x.flatten(2))"], "only a flatten of each image"),
    (SMALL, ["return self.l(torch.tanh(self.b1(self.c1(x))))"],
     "linear with l.1.weight: reads the real numbers of a tanh, for which there is no layer"),
    (SMALL, ["y = torch.tanh(self.b1(self.c1(x)))", "return self.l(y + self.c1(x))"],
     "add: adds the real numbers of a tanh, for which there is no layer; train with hardtanh"),
    (SMALL, ["return self.l(self.b1(self.c1(x)).clamp(min=-1))"], "clamp: changes signs; there is"),
    (SMALL, ["return F.avg_pool2d(self.c1(x), 2)"], "avg_pool2d: there is no layer for it; an"),
    (SMALL, ["return F.max_pool2d(self.c1(x), 3, 2, 1)"], "max_pool2d: is padded; pad the convol"),
    (SMALL, ["return F.max_pool2d(self.c1(x), 3, 2, ceil_mode=True)"], "has ceil_mode"),
    (SMALL, ["return F.prelu(self.c1(x), torch.ones(1))"], "prelu: there is no layer for it; a"),
    (SMALL, ["y = self.c1(x)", "return torch.cat([y, y], 1)"], "cat: there is no layer for it; t"),
    (SMALL, ["y = self.c1(x)", "return y * y.abs().mean(1, keepdim=True)"],
     "abs: there is no layer for it"),
    (SMALL, ["y = self.c1(x)", "return y * torch.sign(y)"], "as by XNOR-Net's scale of the input"),
    (SMALL, ["return self.c1(x)[:, ::2]"], "a shortcut may leave out rows and columns, from the"),
    (SMALL, ["return self.c1(x)[:, :, 1::2]"], "but no channels and not the rest of a map; train"),
    (SMALL, ["return F.pad(self.c1(x), (0, 0, 0, 0, 2, 2), value=1.0)"], "pads by [0, 0, 0, 0, 2"),
    (SMALL, ["return F.pad(self.c1(x), (0, 1, 0, 1))"], "pads by [0, 1, 0, 1]; pad rows and"),
    (SMALL, ["return self.c1(F.pad(x, (1, 1, 1, 1), value=1.0)).flatten(1)"],
     "pads with 1, and not with 0"),
    (SMALL, ["y = self.l(torch.sign(self.c1(x)))", "return y, y"], "it gives 2 results; only one"),
    (SMALL, ["return torch.ones(2, 3)"], "it gives no tensor of scores that depends on the image"),
    (SMALL, ["return self.l(F.softmax(self.c1(x), 1))"], "there is no softmax inside a network"),
    (SMALL, ["return F.batch_norm(self.c1(x), None, None, training=True)"],
     "normalises by the images at hand"),
    (SMALL, ["return self.c1(torch.sign(x))"], "sign: makes bits of the image"),
    (SMALL, ["return self.c1(F.max_pool2d(x, 2))"], "max_pool2d: pools the image before"),
    (SMALL, ["return self.c1(F.batch_norm(x, torch.zeros(3), torch.ones(3)))"],
     "normalises the image; put it into --mean and --std"),
    (SMALL, ["y = (self.b1(self.c1(x)) >= 0).float()",
             "return F.conv2d(y, torch.ones(5, 4, 10, 10))"],
     "reads activations that are not +1 and -1; train with torch.sign before it"),
    (SMALL, ["w = self.c1.weight.clamp(-0.05, 0.05).mul(20).round()", "return F.conv2d(x, w)"],
     "weights of exactly 0 beside those of one size"),
    (SMALL, ["return self.c1(x)"], "its scores are a map of (4, 10, 10)"),
    (SMALL, ["return self.l(torch.sign(self.c1(x) + torch.ones(4, 10, 10)))"],
     "has a constant of 4 x 10 x 10, and not one number for each channel"),
    (SMALL, ["raise KeyError('none')"], "running it ended in KeyError ('none')"),
    (SMALL, ["return self.l(x) if x.sum() > 0 else x"], "running it ended in"),
    (SMALL, ["return 7"], "it gives no tensor of scores"),
    (SMALL, ["return self.l(torch.sign(F.conv2d(torch.sign(self.b1(self.c1(x))),"
             " torch.ones(4, 4, 1, 1))))"], "a sign reads exact zeros in every one of 8 random"),
])
def test_what_is_no_layer_is_refused_by_name(tmp_path, made, forward, told):
    module(tmp_path, made, forward)
    with pytest.raises(Refusal) as refusal:
        read(tmp_path / "s.pth", FINE, code(tmp_path))
    assert told in str(refusal.value) and "\n" not in str(refusal.value)


def test_all_operations_without_a_layer_are_said_at_once(tmp_path):
    module(tmp_path, SMALL, ["x = F.max_pool2d(self.c1(x), 3, 2, 1)", "y = x.cumsum(1)",
                             "return F.conv2d(x, torch.ones(8, 1, 3, 3), groups=4)"])
    with pytest.raises(Refusal) as refusal:
        read(tmp_path / "s.pth", FINE, code(tmp_path))
    # What nobody reads is not told of; what reads an operation that is refused is.
    told = str(refusal.value)
    assert "max_pool2d: is padded" in told and "; conv2d: has 4 groups" in told
    assert "cumsum" not in told
    module(tmp_path, SMALL, ["y = self.c1(x)", "a = F.avg_pool2d(y, 2)", "b = F.prelu(y,"
                             " torch.ones(1))", "return F.linear(a.flatten(1),"
                             " torch.ones(5, 100)) * b.sum()"])
    with pytest.raises(Refusal, match=r"avg_pool2d.*; prelu.*; sum"):
        read(tmp_path / "s.pth", FINE, code(tmp_path))


def test_state_dicts_of_another_module_are_refused_with_all_their_faults(tmp_path):
    module(tmp_path, SMALL, ["return self.l(torch.sign(self.b1(self.c1(x))))"])
    for changes, told in (
        ({"c1.weight": torch.ones(4, 3, 5, 5), "x": torch.ones(1)},
         "c1.weight is 4 x 3 x 5 x 5, and not 4 x 3 x 3 x 3; x is no tensor of it"),
        ({"b1.running_mean": torch.full((4,), torch.nan)}, "4 of 4 values of b1.running_mean are"),
        ({"b1.num_batches_tracked": torch.ones(3)}, "b1.num_batches_tracked is missing, or not"),
    ):
        saved(tmp_path, **changes)
        with pytest.raises(Refusal) as refusal:
            read(tmp_path / "s.pth", FINE, code(tmp_path))
        assert told in str(refusal.value)
    with pytest.raises(Refusal, match="no such file"):
        read(tmp_path / "none.pth", FINE, code(tmp_path))


@pytest.mark.parametrize(("text", "told"), [
    ("import nothing_of_this_name\n", "running it ended in ModuleNotFoundError"),
    ("def (\n", "running it ended in SyntaxError"),
    ("raise SystemExit('stop')\n", "running it ended in SystemExit"),
    ("Other = 3\n", "has no class or function Net"),
    ("Net = 3\n", "has no class or function Net"),
    ("Net = dict\n", "makes no nn.Module, but a dict"),
    ("def Net(classes):\n    pass\n", "running it ended in TypeError"),
])
def test_code_that_makes_no_module_is_refused(tmp_path, text, told):
    module(tmp_path, SMALL, ["return x"])
    (tmp_path / "net.py").write_text(text)
    with pytest.raises(Refusal) as refusal:
        read(tmp_path / "s.pth", FINE, code(tmp_path))
    assert told in str(refusal.value) and "\n" not in str(refusal.value)


def test_rules_refuse_zeros_and_unknown_layers_at_once(tmp_path):
    network = module(tmp_path, SMALL, ["return self.l(torch.sign(self.b1(self.c1(x))))"])
    weight = network.c1.weight.detach().clone()
    weight[0, 0, 0, 0] = 0
    saved(tmp_path, **{"c1.weight": weight})
    with pytest.raises(Refusal) as refusal:
        read(tmp_path / "s.pth", FINE, code(tmp_path, rule="sign", real=("l.9",)))
    told = str(refusal.value)
    assert "--real l.9: there is no nn.Conv2d or nn.Linear of that name" in told
    assert "c1.weight: 1 of 108 weights are exactly 0" in told


def test_files_of_a_package_import_their_neighbours(tmp_path):
    module(tmp_path, SMALL, ["return self.l(torch.sign(self.b1(self.c1(x))))"])
    package = tmp_path / "nets"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "parts.py").write_text((tmp_path / "net.py").read_text())
    (package / "net.py").write_text("from .parts import Net as Base\n\n\ndef Net():\n"
                                    "    return Base()\n")
    path = sys.path.copy()
    checkpoint = read(tmp_path / "s.pth", FINE, Code(file=package / "net.py", name="Net",
                                                     shape=SHAPE))
    assert kinds(checkpoint)[:3] == ["conv", "batch_norm", "sign"]
    assert sys.path == path and not any(name.startswith(PACKAGE) for name in sys.modules)


def test_the_command_runs_code_only_where_it_is_told_to(tmp_path, capsys):
    module(tmp_path, *MOVED)
    ran = tmp_path / "ran"
    with open(tmp_path / "net.py", "a") as file:
        file.write(f"\nopen({str(ran)!r}, 'w').close()\n")
    np.save(tmp_path / "X.npy", pictures(9))
    out = tmp_path / "net.pt"
    words = ["--from", "torch", str(tmp_path / "s.pth"), str(out), "--module",
             f"{tmp_path / 'net.py'}:Net", "--shape", "3,12,12", "--mean", "0.4,0.5,0.6", "--std",
             "0.2,0.25,0.3", "--images", str(tmp_path / "X.npy")]
    assert convert.main(words) == 2
    assert "its code would be run, with all your rights; read it, then say so with --run-code" in (
        capsys.readouterr().err)
    assert not ran.exists() and not out.exists()
    assert convert.main([*words, "--run-code"]) == 0
    said = capsys.readouterr().out
    assert "3 binary layers" in said and "of 9 images have another class" in said
    assert "0 of 18,144 numbers before a sign are exactly 0" in said
    assert load(out).training["module"] == "Net" and ran.exists()


@pytest.mark.parametrize(("words", "told"), [
    ([], "--from torch needs a Python file and what makes the network in it"),
    (["--module", "net.py"], "needs a Python file and what makes the network in it, such as"),
    (["--module", "net.py:Net"], "--from torch needs --shape, such as 3,32,32"),
    (["--module", "net.py:Net", "--shape", "3,4"], "--shape '3,4': give channels, rows and col"),
    (["--module", "net.py:Net", "--shape", "3,4,4"], "say so with --run-code"),
    (["--module", "none.py:Net", "--shape", "3,4,4", "--run-code", "--mean", "1,1,1", "--std",
      "1,1,1"], "no such file"),
])
def test_options_of_the_code_are_refused_in_one_line(tmp_path, capsys, words, told):
    module(tmp_path, SMALL, ["return x"])
    assert convert.main(["--from", "torch", str(tmp_path / "s.pth"), str(tmp_path / "o.pt"),
                         *words]) == 2
    error = capsys.readouterr().err
    assert told in error and error.count("\n") == 1


def test_code_is_for_this_format_alone(tmp_path, capsys):
    assert convert.main(["--from", "qonnx", "x", str(tmp_path / "o.pt"), "--module", "n.py:Net",
                         "--shape", "1,2,2", "--run-code"]) == 2
    assert "--module: for torch; leave it out for qonnx" in (
        capsys.readouterr().err)
