"""The distribution loss against what its authors' program computed."""

import numpy as np
import pytest
import torch

from model.losses import balance, distribution_loss, paper, spread, tap_names, upstream
from model.networks import build


@pytest.mark.parametrize("tap", ["dl4", "dl2"])
def test_upstream_terms_equal_the_published_program(golden, tap):
    x = torch.tensor(golden[f"{tap}_in"])
    # The oracle summed float32 in another order: equal to the last bits a float32 has.
    assert spread(x).item() == pytest.approx(float(golden[f"{tap}_d1"]), rel=3e-7)
    assert balance(x).item() == pytest.approx(float(golden[f"{tap}_d2"]), rel=3e-7)


def test_upstream_gradient_equals_the_published_program(golden):
    x = torch.tensor(golden["dl4_in"], requires_grad=True)
    upstream(x).backward()
    assert np.abs(x.grad.numpy() - golden["dl4_grad"]).max() < 1e-8


def test_paper_variant_equals_the_reference_sum(golden):
    assert paper(torch.tensor(golden["dl4_in"])).item() == pytest.approx(
        float(golden["dl4_paper_sum"]), rel=3e-7)


def test_paper_adds_taps_and_upstream_averages_them():
    taps = [torch.full((4, 2), 3.0), torch.tensor([[-1.0], [1.0]])]
    one, two = paper(taps[0]).item(), paper(taps[1]).item()
    assert distribution_loss(taps, "paper").item() == one + two
    one, two = upstream(taps[0]).item(), upstream(taps[1]).item()
    assert distribution_loss(taps, "upstream").item() == (one + two) / 2


@pytest.mark.parametrize(("values", "loss"), [
    ([3.0, 3.0], 9.0),            # degenerate: |mu| = 3 over s = 0
    ([-1.0, 1.0], 0.5625),        # mismatched: 1 - 0 - 0.25
    ([-4.0, 4.0], 0.0),           # neither
    ([-8.0, 8.0], 1.0),           # saturated: 0.25 * 8 - 1
])
def test_each_term_of_the_paper_alone(values, loss):
    tap = torch.tensor(values, dtype=torch.float64).view(2, 1)
    assert paper(tap).item() == pytest.approx(loss, abs=1e-4)


def test_taps_are_the_batch_norms_before_the_signs(arch):
    assert tap_names(build(arch)) == ["bn1"]
    assert distribution_loss([]).item() == 0
