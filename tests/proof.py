"""What proves each quantity: a peer's number, a test of its value, or a written reason why there can be neither.

    python tests/proof.py        the table: each quantity with what proves it, and the counts

`@pytest.mark.proves("quantity", …)` over a test says which numbers it holds. `conftest.py` then runs that test once more for
every quantity named, with all numbers of that quantity a little off: a test that passes all the same proves nothing, and fails.
Comparisons with peers are held to the same (tests/test_verification.py).
"""

from __future__ import annotations

import ast
import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from unittest.mock import patch

from omstilling_psychometrics.core.results import Statistic
from omstilling_psychometrics.core.vocabulary import vocabulary
from omstilling_psychometrics.reference.comparison import Comparison
from omstilling_psychometrics.verification.running import COMPARISONS

TESTS = Path(__file__).parent
TRUTH = TESTS.parent / "data" / "synthetic" / "truth.json"

# Quantities that neither a peer nor a test can prove, and why.
REASONS: dict[str, str] = {}

# A test that does not always run proves nothing.
_NOT_ALWAYS_RUN = {"skip", "skipif", "xfail", "browser", "engines"}


# ---------------------------------------------------------------- a number that is wrong


def _off(field: str, quantity: str) -> property:
    """`field` of every Statistic, 1 % and .01 too large for those of the quantity."""

    def read(one: Statistic) -> float | None:
        value: float | None = one.__dict__[field]
        return value if value is None or one.quantity != quantity else 1.01 * value + 0.01

    def write(one: Statistic, value: float | None) -> None:
        one.__dict__[field] = value

    return property(read, write)


@contextmanager
def wrong(quantity: str, fields: Iterable[str] = ("estimate", "statistic")) -> Iterator[None]:
    """Inside, the numbers of a quantity are wrong wherever they are read, those of results made before included."""
    with ExitStack() as stack:
        for field in fields:
            stack.enter_context(patch.object(Statistic, field, _off(field, quantity)))
        yield


def notices(run: Callable[[], object], quantity: str) -> bool:
    """Does what `run` asserts fail when the numbers of a quantity are wrong?"""
    with wrong(quantity):
        try:
            run()
        except AssertionError:
            return True
    return False


# ---------------------------------------------------------------- what there is


def _marks(written: Iterable[ast.expr]) -> Iterator[tuple[str, list[ast.expr]]]:
    """Name and arguments of every `pytest.mark.NAME` and `pytest.mark.NAME(…)`."""
    for one in written:
        called, arguments = (one.func, one.args) if isinstance(one, ast.Call) else (one, [])
        if isinstance(called, ast.Attribute) and ast.unparse(called.value) == "pytest.mark":
            yield called.attr, arguments


def _marked_tests(holder: ast.Module | ast.ClassDef) -> Iterator[tuple[str, list[tuple[str, list[ast.expr]]]]]:
    """Tests of a module or class with their marks, those of the whole (`pytestmark`) and of the class among them."""
    of_all: list[ast.expr] = []
    for statement in holder.body:
        if isinstance(statement, ast.Assign) and ast.unparse(statement.targets[0]) == "pytestmark":
            of_all += statement.value.elts if isinstance(statement.value, ast.List) else [statement.value]
    for one in holder.body:
        if isinstance(one, ast.FunctionDef) and one.name.startswith("test_"):
            yield one.name, list(_marks([*of_all, *one.decorator_list]))
        elif isinstance(one, ast.ClassDef):
            for name, marks in _marked_tests(one):
                yield f"{one.name}::{name}", [*_marks([*of_all, *one.decorator_list]), *marks]


def proving_tests(folder: Path = TESTS) -> dict[str, list[str]]:
    """Quantity to the tests that are marked as its proof and always run, as `file::test`."""
    found: dict[str, list[str]] = defaultdict(list)
    for path in sorted(folder.rglob("test_*.py")):
        text = path.read_text(encoding="utf-8")
        for test, marks in _marked_tests(ast.parse(text if ".proves(" in text else "")):
            if _NOT_ALWAYS_RUN & {name for name, _ in marks}:
                continue
            for argument in (one for name, arguments in marks if name == "proves" for one in arguments):
                found[ast.literal_eval(argument)].append(f"{path.relative_to(folder).as_posix()}::{test}")
    return dict(found)


def peers(comparisons: Iterable[Comparison] = COMPARISONS) -> dict[str, list[str]]:
    """Quantity to the peers whose number is compared with ours; those known to be wrong are none."""
    found: dict[str, dict[str, None]] = defaultdict(dict)
    for one in comparisons:
        if one.error is None:
            found[one.quantity][one.peer] = None
    return {quantity: list(names) for quantity, names in found.items()}


def without_proof(
    quantities: Iterable[str], peers: Mapping[str, object], tests: Mapping[str, object], reasons: Mapping[str, str]
) -> list[str]:
    """What is missing, quantity by quantity, and how to add it; nothing if each has its proof."""
    known, missing = set(quantities), []
    for quantity in quantities:
        proven = quantity in peers or quantity in tests
        if not proven and not reasons.get(quantity, "").strip():
            missing.append(
                f"'{quantity}' has no proof. Add one: a Comparison(quantity=\"{quantity}\", …) with a peer's stored value in "
                f'peers.py of its topic; or @pytest.mark.proves("{quantity}") over a test that asserts its value (by hand, an '
                "identity, a value of R, a population's); or, where there can be neither, the reason in REASONS of "
                "tests/proof.py."
            )
        elif proven and quantity in reasons:
            missing.append(f"'{quantity}' has a proof: its reason in REASONS of tests/proof.py has to go.")
    missing += [
        f"'{quantity}' is no quantity of the vocabulary, but {places} to be its proof."
        for said, places in ((tests, "a test is marked"), (reasons, "a reason stands"))
        for quantity in said
        if quantity not in known
    ]
    return missing


# ---------------------------------------------------------------- the table


def _with_population_value() -> set[str]:
    return {row["quantity"] for row in json.loads(TRUTH.read_text(encoding="utf-8"))["population"]["values"]}


def table() -> str:
    """A line per quantity: its peers, its tests, whether the population has a value of it, the reason; and the counts."""
    theirs, tests, population = peers(), proving_tests(), _with_population_value()
    quantities = list(vocabulary("en").quantities)
    lines = []
    for quantity in quantities:
        parts = [*theirs.get(quantity, ()), *tests.get(quantity, ()), *(["population"] if quantity in population else [])]
        lines.append(f"{quantity:45} {'; '.join(parts) or REASONS.get(quantity, '-')}")
    no_peer = [one for one in quantities if one not in theirs]
    counts = {
        "quantities": len(quantities),
        "without a peer": len(no_peer),
        "without a peer or a population value": len([one for one in no_peer if one not in population]),
        "without a peer or a test": len([one for one in no_peer if one not in tests]),
        "without a peer, a test or a reason": len([one for one in no_peer if one not in tests and one not in REASONS]),
    }
    return "\n".join([*lines, "", *(f"{number:4} {name}" for name, number in counts.items())])


if __name__ == "__main__":
    print(table())
