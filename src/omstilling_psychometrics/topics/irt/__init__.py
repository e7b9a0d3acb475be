"""Item response models for one latent variable, estimated by marginal maximum likelihood on counted answer patterns."""

from ...core.topic import Analysis, Topic

TOPIC = Topic(
    analyses=(Analysis(name="irt", place=100, counts_answers=True, section="section", plot="plot"),),
    functions={"irt": "analysis", "irt_groups": "analysis_groups", "local_dependence": "analysis_local_dependence"},
    peers=("peers",),
)
