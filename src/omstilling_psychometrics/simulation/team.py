"""Teams of any number and size, for simulation studies of what is computed from clustered answers."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..core.errors import UsageError
from ..core.numerics.arrays import Floats, Ints
from ..survey.keys import Key
from ..survey.patterns import ResponsePatterns
from .answering import Sheets, fill_in, team_sizes
from .streams import Stream
from .truth import TEAM, TRUTH, Truth, instrument


def draw_team(
    truth: Truth = TRUTH,
    *,
    leaders: int,
    team_size: int | Sequence[int] | None = None,
    complete: bool = False,
    rng: int | np.random.Generator,
) -> ResponsePatterns:
    """Employees' answers about independent leaders, first wave, form A, with the keys role and leader.

    Leaders share organisation and leader variance within a team and nothing between teams.

    Parameters
    ----------
    truth : Truth
        Parameters of the population; those of the synthetic survey unless told otherwise.
    leaders : int
        How many.
    team_size : int or sequence of int, optional
        Employees per leader, one number or (leaders,); drawn as in the synthetic survey when None.
    complete : bool, default False
        Whether every item is answered by the graded model itself: no reasons, no blanks, no careless lines, no item that a
        group finds harder.
    rng : int or numpy.random.Generator
        Seed or generator. The same seed gives the same answers.

    Returns
    -------
    ResponsePatterns
        Of one role.

    Raises
    ------
    UsageError
        For fewer than one leader, or sizes of teams that are not one per leader.

    See Also
    --------
    population_values : True values of the population that is drawn from.
    read : Answers from a file instead.
    ResponsePatterns : What is drawn.

    Examples
    --------
    >>> import omstilling_psychometrics as op
    >>> op.draw_team(leaders=20, team_size=5, rng=1).n
    100
    """
    stream = Stream.of(rng)
    if leaders < 1:
        raise UsageError(f"leaders is {leaders}; at least one is needed.")
    sizes = _sizes(truth, leaders, team_size, stream)
    leader = np.repeat(np.arange(leaders), sizes)
    answers, _ = fill_in(truth, team_sheets(truth, leader, leaders, stream), stream, complete=complete)
    width = len(str(leaders))
    keys = {
        "role": Key(np.zeros(len(leader), dtype=np.int64), (TEAM,)),
        "leader": Key(leader, tuple(f"led{1 + code:0{width}d}" for code in range(leaders))),
    }
    return ResponsePatterns.count(instrument(), answers, keys)


def _sizes(truth: Truth, leaders: int, team_size: int | Sequence[int] | None, stream: Stream) -> Ints:
    if team_size is None:
        return team_sizes(truth, leaders, stream)
    sizes = np.asarray(team_size, dtype=np.int64)
    if sizes.ndim > 1 or (sizes.ndim == 1 and sizes.shape != (leaders,)) or (sizes < 0).any():
        raise UsageError(f"team_size has shape {sizes.shape}; one number, or one for each of the {leaders} leaders, is needed.")
    return np.broadcast_to(sizes, (leaders,))


def team_sheets(truth: Truth, leader: Ints, leaders: int, stream: Stream) -> Sheets:
    """Sheets of employees (n,) of the leaders 0 .. leaders-1, in the first wave on form A."""
    n = len(leader)
    effect: Floats = np.sqrt(truth.leader_variance) * stream.normal(leaders)
    theta = effect[leader] + np.sqrt(truth.variance_within) * stream.normal(n)
    variable, value, _, _ = truth.dif
    background = truth.background[variable]
    not_offered = truth.refusal_not_offered / truth.organisations
    return Sheets(
        theta=theta,
        position=theta,
        ved_ikke=stream.normal(n),
        refusal=stream.normal(n),
        form_b=np.zeros(n, dtype=bool),
        focal=stream.category(background.probabilities, n) == background.values.index(value),
        offered=~stream.happens(not_offered, leaders)[leader],
    )
