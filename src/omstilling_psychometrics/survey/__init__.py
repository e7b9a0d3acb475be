"""From any file or data frame to counted answer patterns."""
