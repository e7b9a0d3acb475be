"""Everything that writes refuses what was not released: answers as they were read, and what was computed from them."""

from __future__ import annotations

from ..errors import UsageError
from ..results import RELEASED, Result
from .disclosure import Disclosure
from .patterns import ResponsePatterns


def refuse_unreleased(given: object, writer: str, policy: Disclosure | None = None) -> None:
    """Raises UsageError where these are no released answers and nothing that was computed from some: a result, its rows or a
    frame; results under this policy, which is the one of the output. writer: what was to be written, for the message.

    A frame that says nothing of itself is the caller's own.
    """
    if isinstance(given, Result) and policy is not None and given.policy not in (None, policy):
        raise UsageError(
            f"{writer} is written under {policy}, and got a {type(given).__name__} of answers that were released under "
            f"{given.policy}. Compute it from the answers that are written about (page.answers on a page)."
        )
    attributes = getattr(given, "attrs", None)
    if getattr(given, "is_released", attributes is not None and attributes.get(RELEASED, True)):
        return
    kind = type(given).__name__
    got = f"{given.n} answers" if isinstance(given, ResponsePatterns) else f"an {kind}" if kind[0] in "AEIO" else f"a {kind}"
    raise UsageError(
        f"{writer} is written of released answers alone, and got {got} not released: people who are withheld may be in it. "
        "Begin with answers = answers.released(op.Disclosure()), or op.Disclosure.none() where everybody may be written about, "
        "and compute from these. A part of released answers (select, pool) is to be released again."
    )
