"""Confirmatory factor analysis on counted answer patterns: continuous and ordinal, one or several groups."""
