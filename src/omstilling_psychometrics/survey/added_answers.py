"""Answers of two files, as if their rows had been read together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from ..core.errors import UsageError
from .account import Account
from .codes import silent
from .keys import Key
from .patterns import ResponsePatterns
from .silent_organisations import NOTE, organisations_note, silent_organisations


def added(answers: ResponsePatterns, others: ResponsePatterns) -> ResponsePatterns:
    """See `ResponsePatterns`: the counts of both; their accounts are those of the files they came from."""
    if answers.instrument != others.instrument:
        raise UsageError("answers to different instruments cannot be added.")
    if set(answers.keys) != set(others.keys):
        ours, theirs = ", ".join(answers.keys) or "none", ", ".join(others.keys) or "none"
        raise UsageError(
            f"answers grouped by ({ours}) and by ({theirs}) cannot be added; pool the keys that one of them lacks."
        )
    account = answers.account + others.account if answers.account and others.account else None
    total = _counts_of_both(answers, others, account)
    aside = [part.set_aside for part in (answers, others) if part.set_aside is not None]
    return _decided(total, aside) if aside else total


def _decided(total: ResponsePatterns, aside: Sequence[ResponsePatterns]) -> ResponsePatterns:
    """These answers and what their parts had set aside, decided on together."""
    everybody = total
    for part in aside:
        everybody = _counts_of_both(everybody, part, None)
    codes = everybody.patterns[everybody.pattern]
    unit, gone = silent_organisations(~silent(codes), everybody.keys, np.ones(len(codes), dtype=bool))

    def part_of(rows: NDArray[np.bool_]) -> ResponsePatterns:
        keys = {name: key.take(rows) for name, key in everybody.keys.items()}
        return ResponsePatterns.count(total.instrument, codes[rows], keys, everybody.counts[rows])

    kept, set_aside = part_of(~gone), part_of(gone) if gone.any() else None
    account = total.account
    if account is not None:
        notes = [note for note in account.notes if not note.startswith(f"{NOTE}:")]
        notes += [organisations_note(unit, gone, set_aside.n)] if set_aside is not None else []
        account = replace(account.leaving_out("not_shown", total.n - kept.n), notes=tuple(notes))
    return replace(kept, account=account, set_aside=set_aside)


def _counts_of_both(answers: ResponsePatterns, others: ResponsePatterns, account: Account | None) -> ResponsePatterns:
    keys = {}
    for name, ours in answers.keys.items():
        theirs = others.keys[name]
        known = set(ours.levels)
        levels = (*ours.levels, *(level for level in theirs.levels if level not in known))
        place = {level: code for code, level in enumerate(levels)}
        recode = np.array([*(place[level] for level in theirs.levels), -1], dtype=np.int64)
        keys[name] = Key(np.concatenate([ours.codes, recode[theirs.codes]]), levels)
    codes = np.concatenate([answers.patterns[answers.pattern], others.patterns[others.pattern]])
    counts = np.concatenate([answers.counts, others.counts])
    return ResponsePatterns.count(answers.instrument, codes, keys, counts, account=account)
