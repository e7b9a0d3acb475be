"""How much of the score lies between leaders, how precise a leader's mean is, and how far employees agree."""

from ...core.topic import Analysis, Topic

TOPIC = Topic(
    analyses=(Analysis(name="multilevel", place=120, section="section", plot="plot", needs="leaders"),),
    functions={"multilevel": "analysis"},
    peers=("peers",),
)
