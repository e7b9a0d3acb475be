"""Shapes: r answer patterns, k items, c categories (as declared, seen or not), q nodes, g groups, m parameters of an item.
Item functions (`graded`, `gpcm`) know nothing of estimation; `marginal` and `estimation` know no formula of a model.
"""
