"""Sign, binary products and the input table, value by value."""

import numpy as np
import pytest
import torch
from torch.nn import functional

from model.layers import (
    Affine,
    BinaryConv2d,
    BinaryLinear,
    Clamp,
    Duplicate,
    GlobalAveragePool,
    InputTable,
    Subsample,
    Threshold,
    binarise,
    sign,
)


@pytest.mark.parametrize(("x", "out", "gradient"), [
    (-2.0, -1.0, 0.0), (-1.0, -1.0, 0.0), (-0.999, -1.0, 1.0), (-1e-30, -1.0, 1.0),
    (-0.0, 1.0, 1.0), (0.0, 1.0, 1.0), (1e-30, 1.0, 1.0), (1.0, 1.0, 0.0), (2.0, 1.0, 0.0),
])
def test_sign_of_zero_is_one_and_gradient_is_that_of_hardtanh(x, out, gradient):
    leaf = torch.tensor([x], requires_grad=True)
    result = sign(leaf)
    result.backward(torch.tensor([1.0]))
    assert (result.item(), leaf.grad.item()) == (out, gradient)


@pytest.mark.parametrize("shape", [(5, 3), (5, 3, 1, 1)])
def test_threshold_equal_is_one_in_every_channel(shape):
    layer = Threshold(3)
    layer.threshold.copy_(torch.tensor([-7.0, 0.0, 2.5]))
    x = torch.tensor([[-8, -1, 2], [-7, 0, 2.5], [-7.5, -1e-30, 2.4999998], [0, -0.0, 3],
                      [1e7, -1e7, 2]], dtype=torch.float32)
    expected = [[-1, -1, -1], [1, 1, 1], [-1, -1, -1], [1, 1, 1], [1, -1, -1]]
    assert layer(x.reshape(shape)).reshape(5, 3).tolist() == expected


def test_threshold_is_not_trained_but_lets_gradients_pass():
    layer, x = Threshold(1), torch.tensor([[2.5], [9.0]], requires_grad=True)
    layer.threshold.fill_(3)
    layer(x).sum().backward()
    assert (list(layer.parameters()), x.grad.tolist()) == ([], [[1.0], [0.0]])


@pytest.mark.parametrize("shape", [(6, 3), (6, 3, 1, 1)])
@pytest.mark.parametrize("shift", [0, 1, 17, 40])
def test_affine_rounds_down_and_saturates_as_integers_do(shape, shift):
    layer = Affine(3, shift=shift, bits=10)
    largest = 2**24 - 1
    x = np.array([[0, 1, -1], [3, -3, 5], [-5, 7, 100], [511, -512, 512], [largest] * 3,
                  [-largest] * 3])
    multipliers, offsets = np.array([-2**31, 2**31 - 1, 1]), np.array([2**55, -1, -2**55])
    layer.multiplier.copy_(torch.from_numpy(multipliers))
    layer.offset.copy_(torch.from_numpy(offsets))
    expected = [[min(max((int(v) * int(m) + int(o)) // 2**shift, -512), 511)
                 for v, m, o in zip(row, multipliers, offsets, strict=True)] for row in x]
    result = layer(torch.from_numpy(x).float().reshape(shape))
    assert (result.dtype, result.reshape(6, 3).tolist()) == (torch.float32, expected)


def test_sums_of_integer_weights_are_exact_where_float32_would_round():
    layer = BinaryLinear(1023, 2, weights="integer", bias=True).eval()
    random = np.random.default_rng(1)
    weights = random.integers(-128, 128, (2, 1023), dtype=np.int8)
    x = random.integers(-127, 128, (4, 1023))
    x[0], weights[0] = 127, 127
    layer.weight.copy_(torch.from_numpy(weights))
    torch.nn.init.constant_(layer.bias, 0.5)
    sums = x @ weights.T.astype(np.int64)
    assert sums.max() == 1023 * 127 * 127
    expected = sums.astype(np.float32) + np.float32(0.5)
    assert np.array_equal(layer(torch.from_numpy(x).float()).detach().numpy(), expected)
    conv = BinaryConv2d(1023, 2, (1, 1), weights="integer", whole=False).eval()
    conv.weight.copy_(torch.from_numpy(weights)[..., None, None])
    assert np.array_equal(conv(torch.from_numpy(x).float()[..., None, None])[..., 0, 0], sums)
    assert [name for name, _ in layer.named_parameters()] == ["bias"]


def test_sign_agrees_with_published_binariser_except_at_zero_where_ours_is_one(golden):
    leaf = torch.tensor(golden["ht_in"], requires_grad=True)
    result = sign(leaf)
    result.sum().backward()
    ours_at_zero = np.where(golden["ht_in"] == 0, 1, golden["ht_out"])
    assert np.array_equal(result.detach().numpy(), ours_at_zero)
    assert np.array_equal(leaf.grad.numpy(), golden["ht_grad"])
    assert golden["ht_out"][golden["ht_in"] == 0] == [0]


@pytest.mark.parametrize("latent", [-1.0, -0.3, 0.0, 0.3, 1.0])
def test_gradient_reaches_a_latent_even_where_it_is_clamped(latent):
    leaf = torch.tensor([latent], requires_grad=True)
    binarise(leaf).backward(torch.tensor([0.25]))
    assert leaf.grad.item() == 0.25


def test_clamp_keeps_latents_within_one_and_leaves_real_weights_alone():
    for weights, expected in (("binary", 1.0), ("real", 5.0)):
        layer = BinaryLinear(3, 2, weights=weights)
        torch.nn.init.constant_(layer.weight, 5.0)
        layer.clamp()
        assert layer.weight.max().item() == expected


@pytest.mark.parametrize(("pad", "value"), [("zero", 0), ("-1", -1), ("+1", 1)])
@pytest.mark.parametrize("stride", [(1, 1), (2, 1)])
def test_padded_tap_reads_the_value_of_the_layer(pad, value, stride):
    torch.manual_seed(1)
    layer = BinaryConv2d(3, 4, (3, 3), stride=stride, padding=(1, 1), pad=pad, bias=True).eval()
    torch.nn.init.uniform_(layer.bias)
    x = torch.randint(-3, 4, (2, 3, 5, 6)).float()
    taps = functional.unfold(functional.pad(x, (1, 1, 1, 1), value=value), 3, stride=stride)
    weights = torch.where(layer.weight >= 0, 1.0, -1.0).flatten(1)
    expected = (weights @ taps).reshape(2, 4, -1) + layer.bias.view(1, -1, 1)
    assert torch.equal(layer(x).flatten(2), expected)


def test_accumulator_is_an_exact_integer_before_the_bias():
    torch.manual_seed(2)
    layer = BinaryConv2d(64, 8, (3, 3), padding=(1, 1), pad="zero").eval()
    x = torch.randint(-128, 128, (2, 64, 9, 9))
    exact = functional.conv2d(x.double(), layer.effective.double(), padding=1)
    assert torch.equal(layer(x.float()).double(), exact)


def test_dense_adds_its_bias_after_the_sum():
    layer = BinaryLinear(5, 2, bias=True).eval()
    with torch.no_grad():
        layer.weight.copy_(torch.tensor([[0.1, -0.1, 0.0, 1.0, -1.0], [-1.0] * 5]))
        layer.bias.copy_(torch.tensor([0.5, -0.25]))
    out = layer(torch.tensor([[1.0, 1.0, -1.0, 1.0, 1.0]]))
    assert out.tolist() == [[-0.5, -3.25]]


@pytest.mark.parametrize(("count", "expected"), [
    (2, [5, 5, 7, 7]), (3, [5, 5, 5, 7, 7, 7])])
def test_copies_of_a_channel_stand_side_by_side(count, expected):
    assert Duplicate(count)(torch.tensor([[5.0, 7.0]])).tolist() == [expected]
    assert Duplicate(count)(torch.tensor([[[[5.0]], [[7.0]]]])).flatten().tolist() == expected


def test_table_is_read_per_channel_and_not_part_of_the_weights():
    table = InputTable((tuple(range(256)), tuple(-p for p in range(256))))
    images = torch.tensor([[[[0, 255]], [[7, 128]]]], dtype=torch.uint8)
    assert table(images).tolist() == [[[[0.0, 255.0]], [[-7.0, -128.0]]]]
    assert not table.state_dict()


def test_clamps_are_hardtanhs_and_their_gradients():
    x = torch.tensor([[-2.0, -0.5, 0.25, 3.0]], requires_grad=True)
    found = Clamp(-0.5, 1)(x)
    assert found.tolist() == [[-0.5, -0.5, 0.25, 1.0]]
    found.sum().backward()
    assert x.grad[0, [0, 2, 3]].tolist() == [0, 1, 0]


def test_subsamples_are_shortcuts_of_type_a():
    x = torch.arange(2 * 3 * 5 * 4).view(2, 3, 5, 4).float() + 1
    found = Subsample((2, 3), 1, 2)(x)
    assert found.shape == (2, 6, 3, 2)
    assert torch.equal(found[:, 1:4], x[:, :, [0, 2, 4]][..., [0, 3]])
    assert not found[:, 0].any() and not found[:, 4:].any()


def test_global_average_is_the_sum_over_the_positions():
    x = torch.tensor([[[[1.0, 2.0], [3.0, 5.0]]]])
    assert GlobalAveragePool()(x).tolist() == [[[[2.75]]]]
