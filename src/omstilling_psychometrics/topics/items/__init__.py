"""What each item says: means, shares, item-rest correlations, and whether it runs the other way."""

from ...core.topic import Analysis, Topic

TOPIC = Topic(
    analyses=(Analysis(name="items", place=10, counts_answers=True, section="section", plot="plot", seconds=0.1),),
    functions={"items": "analysis"},
    peers=("peers",),
    population="population",
)
