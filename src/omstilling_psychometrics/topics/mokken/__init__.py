"""Mokken scale analysis: scalability, monotonicity, invariant item ordering, also between and within leaders."""

from ...core.topic import Analysis, Topic

TOPIC = Topic(
    analyses=(Analysis(name="mokken", place=110, section="section", plot="plot"),),
    functions={"mokken": "analysis"},
    peers=("peers",),
    population="population",
)
