"""Leaders as what the scale measures: factors of people and of leaders at once."""

from ...core.topic import Topic

TOPIC = Topic(analyses=())
