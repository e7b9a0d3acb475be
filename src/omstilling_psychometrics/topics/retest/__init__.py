"""Do the same people give the same scores again: intraclass correlations and error of measurement over waves."""

from ...core.topic import Analysis, Topic

TOPIC = Topic(
    analyses=(Analysis(name="retest", place=155, section="section", plot="plot", needs="retest", seconds=0.1),),
    functions={"retest": "analysis"},
    peers=("peers",),
)
