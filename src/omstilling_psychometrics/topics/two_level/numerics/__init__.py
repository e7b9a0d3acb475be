"""Two-level models as functions of arrays."""
