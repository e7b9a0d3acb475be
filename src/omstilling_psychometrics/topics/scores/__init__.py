"""The score of each person and each leader, with its error and its reliability: by a declared rule, never an official one."""

from ...core.topic import Topic

TOPIC = Topic(analyses=())
