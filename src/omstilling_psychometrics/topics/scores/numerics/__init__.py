"""Scores of leaders as functions of arrays."""
