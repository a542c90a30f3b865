"""The faults that can be planted in a file of Python, found in its syntax tree.

The rest of the file keeps its text, as only the expression or statement itself is replaced. Not
mutated is what no run depends on: annotations, decorators, docstrings, error texts, and keyword
arguments that check or name (`KEYWORDS`). Nor are calls that kill processes, because a fault in one
could kill those of another program.
"""

import ast
import copy
from collections.abc import Iterator
from itertools import chain

from benchmarks.mutants.fault import Fault, fault, numbered
from benchmarks.mutants.verilog_text import is_verilog, replacements

KEYWORDS = frozenset({"strict", "frozen", "kw_only", "reset_less", "indent", "name", "errors",
                      "fontsize", "linewidth", "linestyle", "zorder"})  # fmt: skip
"""Keyword arguments that check, name or lay out; an unneeded reset is no fault either."""

KILLING = frozenset({"kill", "killpg"})

COMPARED: dict[type[ast.cmpop], tuple[type[ast.cmpop], ...]] = {
    ast.Lt: (ast.LtE, ast.GtE), ast.LtE: (ast.Lt, ast.Gt), ast.Gt: (ast.GtE, ast.LtE),
    ast.GtE: (ast.Gt, ast.Lt), ast.Eq: (ast.NotEq,), ast.NotEq: (ast.Eq,), ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,), ast.In: (ast.NotIn,), ast.NotIn: (ast.In,),
}  # fmt: skip

COMPUTED: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Add, ast.FloorDiv: ast.Mult,
    ast.Div: ast.Mult, ast.Mod: ast.FloorDiv, ast.LShift: ast.RShift, ast.RShift: ast.LShift,
    ast.BitAnd: ast.BitOr, ast.BitOr: ast.BitAnd, ast.BitXor: ast.BitOr, ast.Pow: ast.Mult,
    ast.MatMult: ast.Mult,
}  # fmt: skip

ORDERED = (ast.Sub, ast.Div, ast.FloorDiv, ast.Mod, ast.LShift, ast.RShift, ast.Pow)
"""Operators whose operands cannot be swapped."""

CALLED = {
    "min": "max", "max": "min", "any": "all", "all": "any", "floor": "ceil", "ceil": "floor",
    "sorted": "list", "reversed": "list", "reduce_or": "reduce_and", "sum": "max",
}  # fmt: skip

ALIKE = frozenset({"min", "max", "connect"})
"""Calls whose last two arguments may be swapped."""

DOMAINS = {"sync": "comb", "comb": "sync"}

Made = Iterator[tuple[str, ast.expr | ast.stmt, str]]
"""Kind of a fault, the node that is replaced, and the new text."""


def faults(file: str, source: bytes) -> list[Fault]:
    """Every fault of one file, in the order of its text."""
    found = sorted(_Finder(file, source).found, key=lambda one: (one.start, one.end))
    return list(numbered(found))


class _Finder(ast.NodeVisitor):
    """A visitor of a syntax tree that collects the faults that can be planted."""

    def __init__(self, file: str, source: bytes) -> None:
        self.found: list[Fault] = []
        self._file, self._source = file, source
        self._names: list[str] = []
        lines = source.split(b"\n")
        self._starts = [0, *(0 for _ in lines)]
        for number, line in enumerate(lines, 1):
            self._starts[number] = self._starts[number - 1] + len(line) + 1
        self.visit(ast.parse(source))

    def visit(self, node: ast.AST) -> None:
        if isinstance(node, ast.expr | ast.stmt) and not _is_docstring(node):
            for kind, place, text in made(node):
                self._keep(kind, place, text)
        super().visit(node)

    def _keep(self, kind: str, node: ast.expr | ast.stmt, text: str) -> None:
        start, end = self._span(node)
        self._add(kind, start, end, text)

    def _add(self, kind: str, start: int, end: int, text: str) -> None:
        name = ".".join(self._names)
        self.found.append(fault(self._source, self._file, name, kind, start, end, text))

    def _span(self, node: ast.expr | ast.stmt) -> tuple[int, int]:
        assert node.end_lineno is not None and node.end_col_offset is not None
        first = self._starts[node.lineno - 1] + node.col_offset
        return first, self._starts[node.end_lineno - 1] + node.end_col_offset

    def _inside(self, node: ast.ClassDef | ast.FunctionDef) -> None:
        self._names.append(node.name)
        if isinstance(node, ast.FunctionDef):
            for default in chain(node.args.defaults, filter(None, node.args.kw_defaults)):
                self.visit(default)
        for each in node.body:
            self.visit(each)
        self._names.pop()

    visit_ClassDef = visit_FunctionDef = _inside

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        if node.value is not None:
            self.visit(node.value)

    def visit_Raise(self, node: ast.Raise) -> None:
        """Leave out: a fault in an error would change its text alone."""

    def visit_Assert(self, node: ast.Assert) -> None:
        """Leave out: assertions are for the type checker."""

    def visit_keyword(self, node: ast.keyword) -> None:
        if node.arg not in KEYWORDS:
            self.visit(node.value)

    def visit_Call(self, node: ast.Call) -> None:
        if _called(node) not in KILLING:
            self.generic_visit(node)

    def visit_JoinedStr(self, node: ast.JoinedStr) -> None:
        self._text(node)

    def visit_Constant(self, node: ast.Constant) -> None:
        if isinstance(node.value, str):
            self._text(node)

    def _text(self, node: ast.expr) -> None:
        """Mutate Verilog in a string."""
        start, end = self._span(node)
        text = self._source[start:end].decode()
        if self._file.startswith("hw/") and is_verilog(text) and text[-3:] != '"""':
            for kind, first, last, new in replacements(text):
                before = start + len(text[:first].encode())
                self._add(kind, before, before + len(text[first:last].encode()), new)


def made(node: ast.expr | ast.stmt) -> Made:
    """Faults of a node itself, without those of its children."""
    if isinstance(node, ast.Compare):
        for k, operator in enumerate(node.ops):
            for other in COMPARED[type(operator)]:
                changed = copy.copy(node)
                changed.ops = [*node.ops[:k], other(), *node.ops[k + 1 :]]
                yield "compare", node, _text(changed)
    elif isinstance(node, ast.BinOp):
        yield from _computed(node)
    elif isinstance(node, ast.BoolOp):
        other = ast.Or() if isinstance(node.op, ast.And) else ast.And()
        yield "condition", node, _text(ast.BoolOp(other, node.values))
        for k in range(len(node.values)):
            rest = [*node.values[:k], *node.values[k + 1 :]]
            yield "dropped condition", node, _text(
                ast.BoolOp(node.op, rest) if len(rest) > 1 else rest[0])  # fmt: skip
    elif isinstance(node, ast.UnaryOp) and not isinstance(node.operand, ast.Constant):
        yield "inverted", node, _text(node.operand)
    elif isinstance(node, ast.Constant):
        yield from _constants(node)
    elif isinstance(node, ast.IfExp):
        yield "inverted", node.test, f"(not {_text(node.test)})"
    elif isinstance(node, ast.Call):
        yield from _calls(node)
    elif isinstance(node, ast.Attribute) and node.attr in DOMAINS:
        if isinstance(node.value, ast.Attribute) and node.value.attr == "d":
            yield "domain", node, f"{ast.unparse(node.value)}.{DOMAINS[node.attr]}"
    elif isinstance(node, ast.stmt):
        yield from _statements(node)


def _text(node: ast.expr) -> str:
    text = ast.unparse(node)
    return text if isinstance(node, ast.Constant | ast.Name | ast.Call) else f"({text})"


def _computed(node: ast.BinOp) -> Made:
    if not isinstance(node.left, ast.Constant) or not isinstance(node.left.value, str):
        changed = ast.BinOp(node.left, COMPUTED[type(node.op)](), node.right)
        yield "operator", node, _text(changed)
    if isinstance(node.op, ORDERED):
        yield "swapped", node, _text(ast.BinOp(node.right, node.op, node.left))


def _constants(node: ast.Constant) -> Made:
    if isinstance(node.value, bool):
        yield "constant", node, str(not node.value)
    elif isinstance(node.value, int):
        yield "constant", node, str(node.value + 1)
        if node.value > 0:
            yield "constant", node, str(node.value - 1)
    elif isinstance(node.value, float):
        yield "constant", node, str(node.value + 1.0)


def _calls(node: ast.Call) -> Made:
    name = _called(node)
    if name in KILLING:
        return
    if name in CALLED and isinstance(node.func, ast.Name):
        yield "call", node.func, CALLED[name]
    if name in ("If", "Elif") and node.args:
        yield "inverted", node.args[0], f"~({ast.unparse(node.args[0])})"
        yield "dropped condition", node.args[0], "1"
    plain = [arg for arg in node.args if not isinstance(arg, ast.Starred | ast.Lambda)]
    if name in ALIKE or len(plain) < len(node.args) or len(plain) < 2:
        return
    if ast.dump(plain[-1]) != ast.dump(plain[-2]):
        changed = ast.Call(node.func, [*plain[:-2], plain[-1], plain[-2]], node.keywords)
        yield "swapped", node, ast.unparse(changed)


def _statements(node: ast.stmt) -> Made:
    if isinstance(node, ast.If | ast.While):
        yield "inverted", node.test, f"(not {_text(node.test)})"
    if _can_be_dropped(node):
        yield "dropped statement", node, "pass"
    if isinstance(node, ast.AugAssign) and isinstance(node.value, ast.List):
        for k in range(len(node.value.elts) if len(node.value.elts) > 1 else 0):
            rest = ast.List([*node.value.elts[:k], *node.value.elts[k + 1 :]], ast.Load())
            yield "dropped statement", node.value, ast.unparse(rest)


def _can_be_dropped(node: ast.stmt) -> bool:
    """True if a statement can be dropped: no later line needs a name that it defines."""
    if isinstance(node, ast.Expr):
        return isinstance(node.value, ast.Call) and _called(node.value) not in KILLING
    if isinstance(node, ast.Assign):
        return not any(isinstance(one, ast.Name | ast.Tuple) for one in node.targets)
    return isinstance(node, ast.Raise | ast.Continue | ast.Break | ast.AugAssign)


def _called(node: ast.Call) -> str:
    function = node.func
    if isinstance(function, ast.Attribute):
        return function.attr
    return function.id if isinstance(function, ast.Name) else ""


def _is_docstring(node: ast.AST) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
