"""Who does not answer what, and what follows for the numbers of those who do."""

from ...core.topic import Analysis, Topic

TOPIC = Topic(
    analyses=(Analysis(name="missingness", place=20, counts_answers=True, section="section", plot="plot"),),
    functions={"missingness": "analysis"},
    peers=("peers",),
)
