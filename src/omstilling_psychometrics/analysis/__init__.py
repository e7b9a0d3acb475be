"""What every analysis shares: a pass per role, clusters, samples, groups, and running the batteries by name."""
