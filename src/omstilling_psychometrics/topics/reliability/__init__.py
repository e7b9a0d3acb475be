"""How precise the score is: alpha, omega, lower bounds, errors of measurement, and how they differ between groups."""

from ...core.topic import Analysis, Topic

TOPIC = Topic(
    analyses=(
        Analysis(name="reliability", place=80, counts_answers=True, section="section", plot="plot", seconds=4.0),
        Analysis(
            name="alpha_comparison",
            place=90,
            module="analysis_alpha_comparison",
            section="section_alpha_comparison",
            plot="plot_alpha_comparison",
            compares=True,
            needs="groups",
        ),
    ),
    functions={"reliability": "analysis", "alpha_comparison": "analysis_alpha_comparison"},
    peers=(
        "peers",
        "peers_omega",
    ),
    population="population",
)
