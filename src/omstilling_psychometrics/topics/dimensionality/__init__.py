"""How many factors the items have: eigenvalues, parallel analysis, tests of the number, exploratory factor analysis."""

from ...core.topic import Analysis, Topic

TOPIC = Topic(
    analyses=(
        Analysis(name="dimensionality", place=40, section="section", plot="plot", seconds=0.7),
        Analysis(
            name="efa",
            place=50,
            counts_answers=True,
            module="analysis_efa",
            section="section_efa",
            plot="plot_efa",
            seconds=0.6,
        ),
    ),
    functions={"dimensionality": "analysis", "efa": "analysis_efa"},
    peers=("peers",),
    population="population",
)
