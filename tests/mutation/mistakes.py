"""Small mistakes, one at a time, in the functions of a module's source.

Nothing is run here. What stands outside of functions (constants, fields, decorators) is
left alone, and so is what is only told to a log.
"""

import ast
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

_COMPARISONS: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
}
_OPERATORS: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.FloorDiv,
    ast.FloorDiv: ast.Mult,
    ast.Mod: ast.FloorDiv,
    ast.BitAnd: ast.BitOr,
    ast.BitOr: ast.BitAnd,
    ast.LShift: ast.RShift,
    ast.RShift: ast.LShift,
}
_LOGS = ("logger",)


class Mistake(NamedTuple):
    """One change of the tree: `make` it, and `undo` it."""

    line: int
    what: str
    make: Callable[[], None]
    undo: Callable[[], None]
    function: range = range(0)
    """The lines of the function that it is in, decorators and all."""


def mistakes_in(tree: ast.Module) -> Iterator[Mistake]:
    """All of them, in the order of the source. One is to be undone before the next."""
    for function in _functions(tree):
        lines = _lines(function)
        for statement in function.body:
            for mistake in _within(statement, function, "body"):
                yield mistake._replace(function=lines)


def _functions(
    tree: ast.AST,
) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    """The outermost ones; what is defined within one belongs to it."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node
        else:
            yield from _functions(node)


def _lines(function: ast.FunctionDef | ast.AsyncFunctionDef) -> range:
    first = min([function.lineno, *(one.lineno for one in function.decorator_list)])
    return range(first, (function.end_lineno or function.lineno) + 1)


def _within(node: ast.AST, parent: ast.AST, field: str) -> Iterator[Mistake]:
    if _is_talk(node):
        return
    yield from _at(node, parent, field)
    for name, value in ast.iter_fields(node):
        if name in ("annotation", "returns", "decorator_list", "format_spec"):
            continue
        for child in value if isinstance(value, list) else [value]:
            if isinstance(child, ast.AST):
                yield from _within(child, node, name)


def _is_talk(node: ast.AST) -> bool:
    """A docstring, or a line for a log."""
    if not isinstance(node, ast.Expr):
        return False
    value = node.value
    if isinstance(value, ast.Constant):
        return True
    called = value.func if isinstance(value, ast.Call) else None
    owner = called.value if isinstance(called, ast.Attribute) else None
    return isinstance(owner, ast.Name) and owner.id in _LOGS


def _at(node: ast.AST, parent: ast.AST, field: str) -> Iterator[Mistake]:
    """What can be wrong with this very node."""
    if isinstance(node, ast.stmt):
        yield from _in_statement(node, parent, field)
    if isinstance(node, ast.expr):
        yield from _in_expression(node, parent, field)
    match node:
        case ast.BinOp(op=operator) | ast.AugAssign(op=operator):
            if type(operator) in _OPERATORS:
                swapped = _OPERATORS[type(operator)]()
                yield _replaced(node, "op", operator, swapped, node)
        case ast.If(test=test) | ast.While(test=test) | ast.IfExp(test=test):
            if isinstance(test, ast.Name | ast.Attribute | ast.Call):
                negated = ast.UnaryOp(ast.Not(), test)
                yield _replaced(node, "test", test, negated, test)


def _in_statement(node: ast.stmt, parent: ast.AST, field: str) -> Iterator[Mistake]:
    match node:
        case ast.Return(value=ast.expr() as value) | ast.Assign(value=value):
            if not _is_nothing(value):
                yield _replaced(node, "value", value, ast.Constant(None), node)
        case ast.Raise() | ast.Expr(value=ast.Call()):
            yield _replaced(parent, field, node, ast.Pass(), node)
        case ast.Continue():
            yield _replaced(parent, field, node, ast.Break(), node)
        case ast.Break():
            yield _replaced(parent, field, node, ast.Continue(), node)


def _in_expression(node: ast.expr, parent: ast.AST, field: str) -> Iterator[Mistake]:
    match node:
        case ast.Compare(ops=[operator]):
            other = _COMPARISONS[type(operator)]()
            yield _replaced(node, "ops", operator, other, node)
        case ast.BoolOp(op=operator):
            turned = ast.And() if isinstance(operator, ast.Or) else ast.Or()
            yield _replaced(node, "op", operator, turned, node)
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            yield _replaced(parent, field, node, operand, node)
        case ast.Constant() if (wrong := _wrong(node.value)) is not None:
            yield _replaced(parent, field, node, ast.Constant(wrong), node)
        case ast.Call():
            for argument in node.args:
                if not isinstance(argument, ast.Constant | ast.Starred):
                    yield _replaced(node, "args", argument, ast.Constant(None), node)


def _wrong(value: Any) -> Any:
    """Another constant; None for what has no other."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        return value + 1
    if isinstance(value, str):
        return f"XX{value}"
    return None


def _is_nothing(value: ast.expr) -> bool:
    return isinstance(value, ast.Constant) and value.value is None


def _replaced(
    owner: ast.AST, field: str, old: ast.AST, new: ast.AST, shown: ast.AST
) -> Mistake:
    """`new` in the place that `old` has in a field of `owner`, told as of `shown`."""
    before = getattr(owner, field)
    if isinstance(before, list):
        after: Any = [new if one is old else one for one in before]
    else:
        after = new
    if isinstance(new, ast.expr | ast.stmt):
        ast.copy_location(new, old)
    kind = type(new).__name__.lower()
    told = ast.unparse(new) if isinstance(new, ast.expr | ast.stmt) else kind
    text = f"{ast.unparse(shown).splitlines()[0][:60]} -> {told.splitlines()[0][:40]}"

    def make() -> None:
        setattr(owner, field, after)

    def undo() -> None:
        setattr(owner, field, before)

    return Mistake(getattr(shown, "lineno", 0), text, make, undo)
