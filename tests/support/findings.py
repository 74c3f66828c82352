"""The findings that the checks make, read off their source."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterator
from dataclasses import dataclass

from verification.checks import CHECKS

MAKERS = {"fail", "note", "unknown"}


@dataclass(frozen=True)
class Made:
    """One call of `fail`, `note` or `unknown`."""

    maker: str
    code: str
    params: frozenset[str]
    clears: bool
    weights: tuple[int, ...]  # as they are written out; none: it is worked out


def made() -> Iterator[Made]:
    """Each call in the modules of CHECKS."""
    for module in dict.fromkeys(inspect.getmodule(check) for check in CHECKS):
        assert module is not None
        for node in ast.walk(ast.parse(inspect.getsource(module))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in MAKERS:
                for code in _codes(node.args[0]):
                    yield _made(node.func.id, code, node)


def _codes(node: ast.expr) -> list[str]:
    """A code is written out, so that grep finds it; one of two as well."""
    match node:
        case ast.Constant(value=str(code)):
            return [code]
        case ast.IfExp(body=body, orelse=other):
            return _codes(body) + _codes(other)
    raise AssertionError(f"no code: {ast.unparse(node)}")


def _made(maker: str, code: str, call: ast.Call) -> Made:
    given = {word.arg: word.value for word in call.keywords if word.arg}
    params = frozenset(given) - {"weight", "clears"}
    return Made(maker, code, params, "clears" in given, _weights(given.get("weight")))


def _weights(node: ast.expr | None) -> tuple[int, ...]:
    match node:
        case None:
            return (0,)
        case ast.Constant(value=int(value)):
            return (value,)
        case ast.IfExp(body=body, orelse=other):
            return _weights(body) + _weights(other)
    return ()
