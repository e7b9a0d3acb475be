"""Every parameter of the synthetic survey, in one place.

    y*_j = loading_j theta + sqrt(1 - loading_j^2) e_j,    answer_j = 1 + #{t: y*_j > threshold_jt}

is the normal-ogive graded model (Samejima 1969) on latent responses that are standardised among employees. What a
logistic model estimates from such data is therefore pseudo-true, not a parameter of this page.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from functools import cache
from typing import Any

from ..survey.instrument import load_instrument
from ..survey.scale import Instrument

TEAM, SELF, SUPERIOR = ROLES = ("medarbejder", "leder", "overordnet")


@cache
def instrument() -> Instrument:
    """The shipped instrument, which the synthetic survey answers."""
    return load_instrument()


@dataclass(frozen=True, kw_only=True)
class RoleTruth:
    """How one role differs from the employees.

    mean, sd: of theta; leader_weight: on the leader's quality (organisation and leader effect, standardised);
    threshold_shift, loading: item to what differs; ved_ikke_shift: added to every intercept.
    """

    mean: float = 0.0
    sd: float = 1.0
    leader_weight: float = 0.0
    threshold_shift: dict[str, float]
    loading: dict[str, float]
    ved_ikke_shift: float = 0.0


@dataclass(frozen=True, kw_only=True)
class Background:
    """A variable of the respondent: values and how likely each is."""

    values: tuple[str, ...]
    probabilities: tuple[float, ...]


@dataclass(frozen=True, kw_only=True)
class Truth:
    """The synthetic survey. Variances are in units of the employees' theta, whose variance is 1."""

    # Items, in the order of the page
    items: tuple[str, ...] = ("kompetencer", "forklare", "vaerdi", "kultur", "itsikkerhed")
    loadings: tuple[float, ...] = (0.78, 0.82, 0.80, 0.84, 0.62)
    thresholds: tuple[tuple[float, ...], ...] = (
        (-1.75, -1.05, -0.25, 0.85),
        (-1.85, -1.15, -0.40, 0.60),
        (-2.00, -1.25, -0.30, 0.75),
        (-1.65, -0.95, -0.15, 0.85),
        (-2.10, -1.50, -0.65, 0.55),
    )
    residual_pair: tuple[str, str] = ("forklare", "vaerdi")
    residual_correlation: float = 0.20

    # Organisations, leaders, teams
    organisations: int = 40
    organisation_log_sd: float = 0.8
    leaders: int = 800
    team_minimum: int = 2
    team_size_parameter: float = 2.2
    team_mean: float = 6.5
    team_maximum: int = 45
    variance_organisation: float = 0.03
    variance_leader: float = 0.12
    variance_within: float = 0.85

    # Leaders about themselves, superiors about leaders
    self_rating: RoleTruth = RoleTruth(
        mean=0.35, sd=0.8, leader_weight=0.25, threshold_shift={"itsikkerhed": -0.35}, loading={}, ved_ikke_shift=-1.0
    )
    superior_rating: RoleTruth = RoleTruth(
        mean=0.15, sd=0.9, leader_weight=0.40, threshold_shift={}, loading={"kompetencer": 0.62}, ved_ikke_shift=0.6
    )
    variance_superior: float = 0.10
    several_leaders_share: float = 0.60
    several_leaders: tuple[int, ...] = (2, 3, 4, 5, 6)
    self_response: float = 0.90

    # Not answering: P(ved ikke on j) = Phi(intercept_j + slope xi), and the same for refusing with its own propensity
    ved_ikke_intercepts: tuple[float, ...] = (-2.35, -2.70, -2.20, -2.50, -1.90)
    ved_ikke_slope: float = 1.2
    ved_ikke_correlation: float = -0.35
    refusal_intercept: float = -3.66
    refusal_slope: float = 1.2
    refusal_correlation: float = -0.50
    refusal_not_offered: int = 5
    blank: float = 0.007
    break_off: float = 0.01

    # Careless answers: the same category on every item, whatever theta is
    straight_lining: float = 0.03
    straight_line_categories: tuple[int, ...] = (3, 4, 5)
    straight_line_probabilities: tuple[float, ...] = (0.40, 0.35, 0.25)

    # The second wave
    leaders_return: float = 0.60
    respondents_return: float = 0.45
    wave_2_shift: float = 0.10
    respondent_stability: float = 0.60

    # Form B exists in the second wave, where forms are given at random
    form_b_share: float = 0.50
    form_b_loading: tuple[str, float] = ("kultur", 0.60)
    form_b_threshold_shift: tuple[str, float] = ("vaerdi", 0.30)

    # Organisations that did not choose the theme
    not_shown_organisations: int = 8
    not_shown_leaders: int = 64

    # Background of the respondents; the second value of `arbejdsomraade` finds one item harder to agree with
    background: dict[str, Background]
    dif: tuple[str, str, str, float] = ("arbejdsomraade", "administrativ", "forklare", 0.30)

    # Records of the raw export that the tidy file does not have
    duplicate_share: float = 0.01
    superseded_share: float = 0.5
    peer_share: float = 0.20

    def role(self, role: str) -> RoleTruth:
        """What differs in a role; nothing among the employees."""
        others = {SELF: self.self_rating, SUPERIOR: self.superior_rating}
        return others.get(role, RoleTruth(threshold_shift={}, loading={}))

    @property
    def leader_variance(self) -> float:
        """Variance of what the members of one team share."""
        return self.variance_organisation + self.variance_leader

    def to_dict(self) -> dict[str, Any]:
        """Every parameter, as plain lists, numbers and texts."""
        return asdict(self)


TRUTH = Truth(
    background={
        "arbejdsomraade": Background(values=("borgernær", "administrativ"), probabilities=(0.6, 0.4)),
        "ansaettelse": Background(values=("fuldtid", "deltid"), probabilities=(0.75, 0.25)),
        "aldersgruppe": Background(
            values=("under 30", "30-39", "40-49", "50-59", "60 og derover"), probabilities=(0.15, 0.22, 0.25, 0.26, 0.12)
        ),
        "koen": Background(values=("kvinde", "mand", "vil ikke oplyse køn"), probabilities=(0.62, 0.35, 0.03)),
    }
)
