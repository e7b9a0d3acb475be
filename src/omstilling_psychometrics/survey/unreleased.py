"""Everything that writes refuses what was not released: answers as they were read, and what was computed from them."""

from __future__ import annotations

from ..core.errors import UsageError
from ..core.results import POLICY, RELEASED, Result
from .disclosure import Disclosure
from .patterns import ResponsePatterns
from .released import ReleasedAnswers


def refuse_unreleased(given: object, writer: str, policy: Disclosure | None = None) -> None:
    """Raises UsageError where these are no released answers and nothing that was computed from some: a result, its rows or a
    frame; answers and results under this policy, which is the one of the output. writer: what was to be written, for the
    message.

    A frame that says nothing of itself is the caller's own.
    """
    attributes = getattr(given, "attrs", None)
    if not getattr(given, "is_released", attributes is not None and attributes.get(RELEASED, True)):
        raise UsageError(
            f"{writer} is written of released answers alone, and got {_name(given)} not released: people who are withheld may "
            "be in it. Begin with answers = answers.released(op.Disclosure()), or op.Disclosure.none() where everybody may be "
            "written about, and compute from these. A part of released answers (select, pool) is to be released again; tables "
            "of a model are taken from its result (result.scores(role=…))."
        )
    own: object = policy
    if isinstance(given, (Result, ReleasedAnswers)):
        own = given.policy if isinstance(given, Result) else given.disclosure
    elif attributes is not None:
        own = attributes.get(POLICY, str(policy))
    if policy is not None and str(own) != str(policy):
        raise UsageError(
            f"{writer} is written under {policy}, and got {_name(given)} released under {own}. Compute it from the answers "
            "that are written about (page.answers on a page)."
        )


def _name(given: object) -> str:
    if isinstance(given, ResponsePatterns):
        return f"{given.n} answers"
    kind = type(given).__name__
    return f"an {kind}" if kind[0] in "AEIO" else f"a {kind}"
