"""Leaders as what the scale measures: factors of people and of leaders at once."""

from ...core.topic import Analysis, Topic

TOPIC = Topic(
    analyses=(
        Analysis(name="two_level", place=115, section="section", plot="plot", needs="leaders", seconds=2.0),
        Analysis(
            name="generalizability",
            place=127,
            module="analysis_generalizability",
            section="section_generalizability",
            plot="plot_generalizability",
            needs="leaders",
            seconds=0.1,
        ),
    ),
    functions={"two_level": "analysis", "generalizability": "analysis_generalizability"},
    peers=("peers", "peers_continuous", "peers_generalizability"),
)
