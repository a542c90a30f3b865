"""The training methods: their losses and binarisers against what the papers' programs computed."""

import numpy as np
import pytest
import torch
from torch.nn import functional

from model.methods.bimodal import distillation, kurtosis, kurtosis_loss, mimicry
from model.methods.binarisers import Ede, activation, centred, clip, ir_net, scaled, signs, xnor_net
from model.methods.binaryduo import layer_scaled, narrow, step, ternary
from model.methods.self_binarizing import soft_sign


def tensor(golden, name):
    return torch.tensor(golden[name])


@pytest.mark.parametrize("kind", ["uni", "gau", "bim"])
def test_kurtosis_equals_the_published_program(golden, kind):
    weights = tensor(golden, f"kurt_{kind}_in")
    assert kurtosis(weights).item() == float(golden[f"kurt_{kind}"])
    # The square of a difference that float32 rounded once, against one in double.
    assert kurtosis_loss([weights], [1.8]).item() == pytest.approx(
        float(golden[f"kurt_{kind}_loss"]), rel=1e-6)


def test_kurtosis_of_two_points_is_one_and_of_an_even_spread_nine_fifths():
    points = torch.tensor([-1.0, 1.0], dtype=torch.float64).repeat(50_000)
    even = torch.linspace(-1, 1, 100_001, dtype=torch.float64)
    assert kurtosis(points).item() == pytest.approx(1, abs=1e-4)
    assert kurtosis(even).item() == pytest.approx(1.8, abs=1e-4)


def test_kurtosis_loss_is_the_mean_over_layers_with_a_target_each(golden):
    layers = [tensor(golden, f"kurt_{kind}_in") for kind in ("uni", "bim")]
    one, two = (kurtosis_loss([w], [t]) for w, t in zip(layers, (1.8, 1.2), strict=True))
    assert kurtosis_loss(layers, [1.8, 1.2]).item() == ((one + two) / 2).item()


def test_mimicry_equals_the_published_program(golden):
    teacher, student = tensor(golden, "kurt_gau_in"), tensor(golden, "kurt_uni_in")
    assert mimicry([teacher], [student]).item() == float(golden["wdm"])
    assert mimicry([teacher] * 2, [student] * 2).item() == 2 * float(golden["wdm"])


def test_mimicry_pushes_every_weight_of_the_student_up(golden):
    """What makes it no distance: see docs/methods.md."""
    teacher = tensor(golden, "kurt_gau_in")
    student = tensor(golden, "kurt_uni_in").requires_grad_()
    mimicry([teacher], [student]).backward()
    assert bool((student.grad < 0).all())


def test_distillation_equals_the_published_program(golden):
    found = distillation(tensor(golden, "kd_t"), tensor(golden, "kd_s"))
    assert found.item() == float(golden["kd"])


def test_decay_of_the_estimator_equals_the_published_program(golden):
    ede = Ede(torch.device("cpu"))
    for epoch, t, k in golden["ede"]:
        ede.at(int(epoch), 100)
        assert [ede.t.item(), ede.k.item()] == pytest.approx([t, k], rel=2e-7)


def test_estimator_is_the_slope_of_its_tanh():
    ede = Ede(torch.device("cpu"))
    ede.at(60, 100)
    x = torch.linspace(-2, 2, 41, requires_grad=True)
    (ede.k * torch.tanh(ede.t * x)).sum().backward()
    assert torch.allclose(ede(x.detach()), x.grad, atol=1e-6)
    leaf = x.detach().clone().requires_grad_()
    out = activation(ede)(leaf)
    out.sum().backward()
    assert torch.equal(out, signs(leaf)) and torch.equal(leaf.grad, ede(leaf.detach()))


@pytest.mark.parametrize(("binariser", "name"), [(scaled, "react_y"), (ir_net, "ir_y")])
def test_scaled_weights_give_the_published_sums(golden, binariser, name):
    weights = binariser()(tensor(golden, "ir_w"))
    found = functional.conv2d(signs(tensor(golden, "ir_x")), weights, padding=1)
    # ReActNet's program adds and takes away a real weight, which rounds; IR-Net's is exact.
    assert np.abs(found.numpy() - golden[name]).max() <= (3e-6 if name == "react_y" else 0)


def test_xnor_net_weights_equal_the_published_program(golden):
    latent = tensor(golden, "ir_w")
    assert np.array_equal(centred(latent).numpy(), golden["xnor_wsaved"])
    # The mean is a sum of 36 terms in another order.
    found = xnor_net()(latent).numpy()
    assert np.abs(found - golden["xnor_wbin"]).max() <= 6e-8
    assert np.array_equal(np.sign(found), np.sign(golden["xnor_wbin"]))


@pytest.mark.parametrize("binariser", [scaled, ir_net, xnor_net])
def test_binarised_weights_have_one_size_a_channel(golden, binariser):
    weights = binariser()(tensor(golden, "ir_w"))
    size = weights.abs().flatten(1)
    assert torch.equal(size, size[:, :1].expand_as(size)) and bool((size > 0).all())


def test_gradient_of_scaled_weights_is_clipped_and_not_scaled():
    latent = torch.tensor([[0.5, -0.25, 1.5]], requires_grad=True)
    scaled()(latent).backward(torch.tensor([[2.0, 3.0, 4.0]]))
    assert latent.grad.tolist() == [[2.0, 3.0, 0.0]]
    assert scaled(clip)(latent).tolist() == [[0.75, -0.75, 0.75]]


@pytest.mark.parametrize(("x", "three", "two", "gradient"), [
    (-0.5, 0.0, 0.0, 0.0), (0.0, 0.0, 0.0, 0.0), (0.2499, 0.0, 0.0, 1.0), (0.25, 0.5, 0.0, 1.0),
    (0.4999, 0.5, 0.0, 1.0), (0.5, 0.5, 1.0, 1.0), (0.7499, 0.5, 1.0, 1.0), (0.75, 1.0, 1.0, 1.0),
    (1.0, 1.0, 1.0, 0.0), (7.0, 1.0, 1.0, 0.0)])
def test_levels_of_coupled_and_decoupled_activations(x, three, two, gradient):
    for function, level in ((ternary, three), (step, two)):
        leaf = torch.tensor([x], requires_grad=True)
        out = function(leaf)
        out.backward(torch.tensor([1.0]))
        assert (out.item(), leaf.grad.item()) == (level, gradient)


@pytest.mark.parametrize(("width", "coupled"), [(64, 45), (128, 90), (256, 180), (512, 360)])
def test_coupled_widths_are_the_published_ones(width, coupled):
    assert narrow(width) == coupled


def test_a_layer_has_one_scale_and_its_gradient_passes_unchanged():
    latent = torch.tensor([[0.5, -0.25], [1.5, -0.75]], requires_grad=True)
    layer_scaled(latent).backward(torch.full((2, 2), 3.0))
    assert layer_scaled(latent).tolist() == [[0.75, -0.75], [0.75, -0.75]]
    assert latent.grad.tolist() == [[3.0, 3.0], [3.0, 3.0]]


def test_tanh_has_its_own_gradient_and_sharpens_into_the_sign():
    x = torch.tensor([-2.0, -0.01, 0.01, 0.5], dtype=torch.float64, requires_grad=True)
    soft_sign(x, torch.tensor(2.0)).sum().backward()
    assert torch.allclose(x.grad, 2 * (1 - torch.tanh(2 * x.detach()).square()))
    assert soft_sign(x.detach().float(), torch.tensor(1000.0)).tolist() == [-1, -1, 1, 1]
