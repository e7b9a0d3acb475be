"""One HTML file that tells the story of a validation, and results.json with every number."""
