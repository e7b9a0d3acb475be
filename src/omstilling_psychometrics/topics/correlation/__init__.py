"""How far items go together: Pearson, rank and polychoric correlations."""

from ...core.topic import Analysis, Topic

TOPIC = Topic(
    analyses=(Analysis(name="correlation", place=30, counts_answers=True, section="section", plot="plot"),),
    functions={"correlation": "analysis"},
    peers=("peers",),
    population="population",
)
