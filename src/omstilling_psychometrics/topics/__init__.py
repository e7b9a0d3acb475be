"""A folder per topic: its numerics, analyses, sections, plots, words, cut-offs and peers. Each registers itself as TOPIC."""
