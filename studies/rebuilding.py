"""How far can the answers of a released group be rebuilt from what is released of it?

The attacker knows the share of every category of every item, the means of all products of pairs (from correlations and
standard deviations) and of the third power of the sum (from the skewness of the score), exactly, and searches for answers that
have them: within items, answers change places until everything fits. Printed: how many people's whole answers came back, beside
how many do where answers are put together at random from the shares.

    python studies/rebuilding.py > docs/studies/rebuilding.md
"""

from __future__ import annotations

from collections import Counter
from datetime import date

import numpy as np
from numpy.typing import NDArray

ITEMS, CATEGORIES, LOADING = 5, 5, 0.75
SIZES = (5, 8, 12, 20, 30, 50)
GROUPS, STARTS, STEPS = 6, 8, 12_000

Answers = NDArray[np.int64]


def group(n: int, random: np.random.Generator) -> Answers:
    latent = random.normal(size=(n, 1)) * LOADING + random.normal(size=(n, ITEMS)) * np.sqrt(1 - LOADING**2)
    return np.digitize(latent, [-1.3, -0.6, 0.1, 0.9]) + 1


def known(answers: Answers) -> NDArray[np.float64]:
    """What the attacker has to fit beside the shares."""
    products = (answers.T @ answers)[np.triu_indices(ITEMS, 1)]
    return np.array([*products, (answers.sum(axis=1) ** 3).sum() / 10], dtype=float)


def rebuilt(answers: Answers, random: np.random.Generator) -> tuple[Answers, bool]:
    """Answers with the same shares that fit best, and whether they fit exactly."""
    aim, best, least = known(answers), answers, np.inf
    for _ in range(STARTS):
        guess = np.column_stack([random.permutation(column) for column in answers.T])
        away = float(np.abs(known(guess) - aim).sum())
        for step in range(STEPS):
            item, (one, other) = random.integers(ITEMS), random.integers(len(answers), size=2)
            if guess[one, item] == guess[other, item]:
                continue
            guess[[one, other], item] = guess[[other, one], item]
            now = float(np.abs(known(guess) - aim).sum())
            heat = 3.0 * (1 - step / STEPS)
            if now <= away or random.random() < np.exp((away - now) / max(heat, 1e-9)):
                away = now
                if away == 0:
                    return guess, True
            else:
                guess[[one, other], item] = guess[[other, one], item]
        if away < least:
            best, least = guess.copy(), away
    return best, False


def shared(one: Answers, other: Answers) -> float:
    """Share of the people whose whole answers are in both."""
    left, right = (Counter(map(tuple, answers.tolist())) for answers in (one, other))
    return sum((left & right).values()) / len(one)


def main() -> None:
    print(f"# Rebuilding a released group, {date.today().isoformat()}\n")
    print(
        f"`studies/rebuilding.py`: {GROUPS} groups of each size, {ITEMS} items, {CATEGORIES} categories, loadings {LOADING}\n"
        "each. An attacker who has the shares of every category, the correlations of all pairs and the skewness of the score,\n"
        "all exactly, searches for answers that fit. Rebuilt: people whose whole answers came back; by chance: the same\n"
        "from the shares.\n"
    )
    print("| n | found answers that fit exactly | rebuilt | by chance |\n|---|---|---|---|")
    for n in SIZES:
        random = np.random.default_rng(n)
        lines = []
        for _ in range(GROUPS):
            truth = group(n, random)
            guess, exact = rebuilt(truth, random)
            chance = np.column_stack([random.permutation(column) for column in truth.T])
            lines.append((exact, shared(truth, guess), shared(truth, chance)))
        exact, back, chance = np.mean(np.array(lines, dtype=float), axis=0)
        print(f"| {n} | {exact:.0%} | {back:.0%} | {chance:.0%} |", flush=True)


if __name__ == "__main__":
    main()
