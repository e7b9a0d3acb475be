"""Leaders as what the scale measures: factors of people and of leaders at once."""

from ...core.topic import Analysis, Topic

TOPIC = Topic(
    analyses=(Analysis(name="two_level", place=115, needs="leaders", seconds=1.5),),
    functions={"two_level": "analysis"},
)
