"""Test-retest reliability as functions of arrays."""
