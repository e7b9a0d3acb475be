"""May groups be compared: the ladder of measurement invariance, and items that work otherwise in one group."""

from ...core.topic import Analysis, Topic

TOPIC = Topic(
    analyses=(
        Analysis(
            name="invariance",
            place=140,
            section="section",
            plot="plot",
            judgement="comparability",
            compares=True,
            needs="groups",
            seconds=0.7,
        ),
        Analysis(
            name="dif", place=150, module="analysis_dif", section="section_dif", plot="plot_dif", compares=True, needs="groups"
        ),
    ),
    functions={"invariance": "analysis", "dif": "analysis_dif", "difference_test": "analysis_difference_test"},
    peers=("peers",),
)
