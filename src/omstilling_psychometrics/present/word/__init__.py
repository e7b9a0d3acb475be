"""Blocks as parts of a Word document: native headings and tables, pictures at the resolution of print."""
