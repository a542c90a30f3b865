"""Kinds that are found by their files."""

from hw.network import nodes
from hw.network.nodes.product import Product
from model.rooms import kinds


def test_kinds_are_by_module_name_in_order_and_files_without_one_are_left_out() -> None:
    found = kinds(nodes, "NODE")
    assert [*found] == sorted(found) and found["product"] is Product
    assert "node" not in found and "operations" not in found
    assert all(kind.__module__ == f"{nodes.__name__}.{name}" for name, kind in found.items())


def test_no_file_has_what_nobody_calls_so() -> None:
    assert kinds(nodes, "NOTHING_IS_CALLED_SO") == {}
