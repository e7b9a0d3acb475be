"""What every topic stands on: statistics and results, criteria, words, files, and the numerics that several topics share."""
