"""Other parameters for cells of a design: what is found and changed, and what is refused."""

import pytest

from hw.emit.retune import changed, retune


def test_cells_are_found_under_the_names_that_nextpnr_gives_them() -> None:
    cells = {
        "a.bit0_LC": {"parameters": {"LUT_INIT": "0" * 16}},
        "a.bit1": {"parameters": {"INITVAL": "0" * 16}},
        "clock.pll_PLL": {"parameters": {"DIVF": "0101111"}},
    }
    one = {"INIT": "1" * 16}
    retune(cells, {"a.bit0": one, "a.bit1": one, "clock.pll": {"DIVF": "0111011"}})
    assert [each["parameters"] for each in cells.values()] == [
        {"LUT_INIT": "1" * 16}, {"INITVAL": "1" * 16}, {"DIVF": "0111011"}]  # fmt: skip


@pytest.mark.parametrize(("settings", "told"), [
    ({"b": {"INIT": "1"}}, "0 cells b"),
    ({"a": {"INIT": "1"}}, "the cell a takes no INIT of 1 bits"),
    ({"a": {"MODE": "1"}}, "takes no MODE"),
])  # fmt: skip
def test_what_is_not_there_is_refused(settings: dict[str, dict[str, str]], told: str) -> None:
    with pytest.raises(ValueError, match=told):
        retune({"a": {"parameters": {"INIT": "00"}}}, settings)


@pytest.mark.parametrize(("configuration", "before", "after", "made"), [
    (".a\n01\n10\n", ".a\n01\n10\n", ".a\n11\n10\n", ".a\n11\n10\n"),
    (".a\n01\n01\n10\n\n.r 1\n00\n\n.r 2\n11\n", ".a\n01\n01\n10\n\n.r 2\n11\n\n.r 1\n00\n",
     ".a\n01\n11\n10\n\n.r 2\n11\n\n.r 1\n00\n", ".a\n01\n11\n10\n\n.r 1\n00\n\n.r 2\n11\n"),
    (".d\n\n.a\nx 0\ny\ny\n\n.b\nz", ".d\n\n.b\nz\n\n.a\ny\nx 0",
     ".d\n\n.b\nz\n\n.a\nx 1\ny", ".d\n\n.a\ny\ny\nx 1\n\n.b\nz"),
])  # fmt: skip
def test_a_configuration_is_changed_where_two_others_differ(
    configuration: str, before: str, after: str, made: str
) -> None:
    assert changed(configuration, before, after) == made


@pytest.mark.parametrize(("configuration", "after", "told"), [
    (".a\nx 2", ".a\nx 1", r"\.a has not what is to be changed"),
    (".a\n01\nx 0\n", ".a\nx 0\n11", r"\.a has not what is to be changed"),
    (".b\nx 0", ".a\nx 1", r"it has no \.a"),
    (".a\nx 2", ".b\nx 0", "it has other tiles"),
])  # fmt: skip
def test_a_configuration_without_what_is_to_be_changed_is_refused(
    configuration: str, after: str, told: str
) -> None:
    with pytest.raises(ValueError, match=told):
        changed(configuration, ".a\nx 0" + ("\n01" if "01" in configuration else ""), after)
