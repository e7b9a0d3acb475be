"""Notebooks: the pages they show results on, and the runner behind `omstilling notebooks`."""
