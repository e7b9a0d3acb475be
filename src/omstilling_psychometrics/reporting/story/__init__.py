"""The questions that somebody must decide with this report, one module each: a cell on the first page, and a page."""

from __future__ import annotations

from .change import QUESTION as CHANGE
from .comparison import QUESTION as COMPARISON
from .items import QUESTION as ITEMS
from .leaders import QUESTION as LEADERS
from .non_answers import QUESTION as NON_ANSWERS
from .question import Question
from .reliability import QUESTION as RELIABILITY
from .respondents import QUESTION as RESPONDENTS
from .score import QUESTION as SCORE
from .versions import FORMS, WAVES

# In the order in which they are asked.
STORY: tuple[Question, ...] = (
    SCORE, RELIABILITY, COMPARISON, LEADERS, NON_ANSWERS, ITEMS, CHANGE, WAVES, FORMS, RESPONDENTS
)  # fmt: skip
