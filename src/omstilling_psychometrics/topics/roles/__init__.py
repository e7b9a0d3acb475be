"""How roles answer about the same leaders: differences and correlations."""

from ...core.topic import Analysis, Topic

TOPIC = Topic(
    analyses=(
        Analysis(
            name="role_comparison",
            place=130,
            section="section",
            plot="plot",
            needs="groups",
            unless="external_correlation",
        ),
    ),
    functions={"role_comparison": "analysis"},
)
