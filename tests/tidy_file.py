"""Tidy files of the shipped scale, line by line."""

FIVE = "kompetencer,forklare,vaerdi,kultur,itsikkerhed"
HEADER = f"role,leader,respondent,organisation,wave,form,{FIVE}\n"


def rows(*lines: str) -> str:
    """The text of a file with these lines under the header."""
    return HEADER + "".join(line + "\n" for line in lines)
