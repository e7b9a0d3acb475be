"""Confirmatory factor analysis on counted answer patterns: continuous and ordinal, one or several groups; and the cut-offs
that fit this model and sample."""

from ...core.topic import Analysis, Topic

TOPIC = Topic(
    analyses=(
        Analysis(name="cfa", place=60, counts_answers=True, section="section", plot="plot"),
        Analysis(
            name="dynamic_cutoffs",
            place=70,
            module="analysis_dynamic_cutoffs",
            section="section_dynamic_cutoffs",
            plot="plot_cutoffs",
            seconds=2.0,
        ),
    ),
    functions={"cfa": "analysis", "dynamic_cutoffs": "analysis_dynamic_cutoffs"},
    peers=("peers",),
    population="population",
)
