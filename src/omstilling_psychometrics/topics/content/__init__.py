"""Do the items ask what the scale is about: what experts who rated their relevance say."""

from ...core.topic import Topic

TOPIC = Topic(analyses=(), functions={"content_validity": "analysis"})
