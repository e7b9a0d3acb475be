"""How many digits a quantity is shown with. Display only: results keep every digit."""

from __future__ import annotations

# Shares between 0 and 1, shown as percentages.
SHARES = frozenset(
    [
        "break_off",
        "ceiling",
        "dynamic_sensitivity",
        "explained_common_variance",
        "floor",
        "leader_share_above",
        "leaders_reliable",
        "never_answers",
        "proportion",
        "rate",
        "rwg_j_set_to_zero",
        "scale_ceiling",
        "scale_floor",
        "scale_proportion",
        "variance_explained",
    ]
)

# Whole numbers.
COUNTS = frozenset(
    [
        "aisp_scale",
        "answers_needed",
        "dynamic_level",
        "dynamic_replications",
        "group_size",
        "item_ordering_comparisons",
        "item_ordering_crit",
        "item_ordering_position",
        "item_ordering_removed",
        "item_ordering_significant",
        "item_ordering_violations",
        "leader_count",
        "leaders_with_both",
        "monotonicity_comparisons",
        "monotonicity_crit",
        "monotonicity_significant",
        "monotonicity_violations",
        "n_factors",
        "pattern_count",
    ]
)

# Scale points, logits and the like; whatever is in no list has three decimals, as correlations do.
TWO_DECIMALS = frozenset(
    [
        "ad",
        "aic",
        "answers_per_leader",
        "bic",
        "complete_case_difference",
        "complete_case_mean",
        "design_effect",
        "difficulty",
        "discrimination",
        "eigenvalue",
        "eigenvalue_ratio",
        "expected_score_bias",
        "expected_score_difference",
        "information",
        "intercept",
        "kurtosis",
        "leader_difference",
        "log_likelihood",
        "mean",
        "mean_bound",
        "mean_difference",
        "modification_index",
        "parallel_threshold",
        "reason_odds_ratio",
        "scale_kurtosis",
        "scale_mean",
        "scale_sd",
        "scale_skewness",
        "score_mean",
        "score_quantile",
        "score_sd",
        "sd",
        "skewness",
        "smallest_detectable_change",
        "standard_error_of_measurement",
        "threshold",
    ]
)

# Changes of R2.
FOUR_DECIMALS = frozenset(["nonuniform", "total", "uniform"])
