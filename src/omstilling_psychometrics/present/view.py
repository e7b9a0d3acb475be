"""What every section of the report reads: the released rows by analysis, the counted answers and the words to say it in."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from ..analysis.running import Analysed
from ..core.criteria import Criterion, Verdict, criteria, judge, qualified, resting, verdicts
from ..core.registry import ANALYSES, part
from ..core.results import Result, Statistic
from ..survey.disclosure import SUPPRESSED, Disclosure
from ..survey.released import ReleasedAnswers
from ..survey.study import Study
from ..survey.unreleased import refuse_unreleased
from .released_rows import as_statistic, roles_there, shown_model
from .rows import Row, Unit
from .wording import Wording


@dataclass(frozen=True)
class View:
    """answers: the released ones; rows: what every analysis says of them; level: of the intervals in them; study: what is known
    of it beside the answers; versions: rows of comparisons of waves and forms, which are in no other output."""

    answers: ReleasedAnswers
    rows: Sequence[Row]
    wording: Wording
    analysed: Sequence[Analysed] = ()
    level: float = 0.95
    study: Study | None = None
    versions: Mapping[str, Sequence[Row]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        refuse_unreleased(self.answers, "the report")
        for rows in self.versions.values():
            refuse_unreleased(rows, "the report")
        for one in self.analysed:
            refuse_unreleased(one.result, "the report", self.answers.disclosure)
        # Groups are called alike in sentences, tables and pictures, whoever made the words.
        object.__setattr__(self, "wording", replace(self.wording, by=self.answers.by))

    @property
    def disclosure(self) -> Disclosure:
        return self.answers.disclosure

    @cached_property
    def _by_analysis(self) -> dict[str, list[Row]]:
        grouped: dict[str, list[Row]] = {}
        for row in self.rows:
            grouped.setdefault(row["analysis"], []).append(row)
        return grouped

    def of(self, analysis: str) -> list[Row]:
        """Rows of one analysis."""
        return self._by_analysis.get(analysis, [])

    @cached_property
    def analyses(self) -> list[str]:
        """Those that have something to say of these answers: not what is about leaders, roles or groups that are not there."""
        return [name for name in self._by_analysis if self._lacking(name) is None]

    @cached_property
    def void(self) -> tuple[str, ...]:
        """Why the other analyses say nothing: `no_leaders`, `no_groups`, `no_retest`."""
        return tuple(dict.fromkeys(lacking for name in self._by_analysis if (lacking := self._lacking(name)) is not None))

    def _lacking(self, analysis: str) -> str | None:
        """What an analysis needs and the answers do not have; that they are too few is another matter."""
        needs = ANALYSES[analysis].needs if analysis in ANALYSES else None
        if needs == "leaders":
            return None if self.leaders else "no_leaders"
        if needs == "retest":
            twice = any(row["note"] not in ("one_wave", "no_respondents") for row in self.of(analysis))
            return None if twice else "no_retest"
        if needs != "groups" or len(roles_there(self.answers)) > 1:
            return None
        # Of groups of another key that are withheld nobody is told how many there are.
        rows = [row for row in self.of(analysis) if row["note"] != SUPPRESSED or self.answers.by is not None]
        if unless := ANALYSES[analysis].unless:
            known = any(row["quantity"] == unless and row["estimate"] is not None for row in rows)
        else:
            known = any(row["note"] != "fewer_than_two_groups" for row in rows)
        return None if known else "no_groups"

    @cached_property
    def leaders(self) -> bool:
        """Is it known about which leader answers are? Of withheld answers nobody is told whether it was."""
        return "leader" in self.answers.keys and bool(self.answers.keys["leader"].levels or self.answers.withheld)

    def with_leaders(self, *keys: str, **values: object) -> str:
        """Texts one after the other, each with its sentence about leaders (`..._leaders`) where they are known."""
        sentences = []
        for key in keys:
            sentences.append(self.wording.text(key, **values))
            if self.leaders and self.wording.has_text(f"{key}_leaders"):
                sentences.append(self.wording.text(f"{key}_leaders", **values))
        return " ".join(sentences)

    def own(self, key: str) -> str:
        """The key of the instrument's own words, where the vocabulary has some."""
        mine = f"{key}_{self.answers.instrument.key}"
        return mine if self.wording.has_text(mine) else key

    def result(self, analysis: str, group: str | None = None) -> Result | None:
        """The result of an analysis itself, for what is not in rows: it is of released answers, and of single people and
        leaders too, which what is shown of it must join."""
        return next(
            (analysed.result for analysed in self.analysed if (analysed.name, analysed.group) == (analysis, group)), None
        )

    def model(self, analysis: str, unit: Unit) -> Any:
        """The model of a unit as it may be drawn; None where it has none."""
        result = self.result(analysis, unit[1])
        model = None if result is None else result.models.get(unit[0])
        return None if model is None else shown_model(self.disclosure, model)

    def unit(self, unit: Unit) -> str:
        """Name of a column of results."""
        return self.wording.unit(*unit)

    def unit_title(self, unit: Unit) -> str:
        """Name of a unit at the start of a sentence."""
        name = self.unit(unit)
        return name[:1].upper() + name[1:]

    @cached_property
    def verdicts(self) -> tuple[Verdict, ...]:
        """Verdicts of the released numbers, so that nothing withheld is judged in public."""
        by_analysis: dict[str, Iterable[Statistic]] = {
            analysis: [as_statistic(row) for row in self.of(analysis)] for analysis in self.analyses
        }
        judgements = [(analysis, module) for analysis in self.analyses if (module := part(analysis, "judgement")) is not None]
        together = [verdict for analysis, module in judgements for verdict in module.judged(by_analysis[analysis])]
        asked = self._criteria()
        single = verdicts(self._read(by_analysis), asked, level=self.level, items=len(self.answers.items))
        judged = {verdict.criterion for verdict in single}
        # What lacks its margin says so once.
        beside = [criterion for criterion in asked if criterion.pairs and not (criterion.lacking and criterion in judged)]
        return (*single, *self._of_versions(beside), *(resting(verdict, single) for verdict in together))

    def _criteria(self) -> list[Criterion]:
        """Every published cut-off; where the study declares its number, with that."""
        known = {} if self.study is None else self.study.declared
        return [
            replace(criterion, threshold=known[criterion.declared], lacking=None) if criterion.declared in known else criterion
            for criterion in criteria()
        ]

    def _read(self, by_analysis: Mapping[str, Iterable[Statistic]]) -> dict[str, Iterable[Statistic]]:
        """The rows that are judged: of several models of one thing that which is read, where the topic says which it is."""
        modules = {analysis: part(analysis, "judgement") for analysis in by_analysis}
        reading = {name: module.read for name, module in modules.items() if module and hasattr(module, "read")}
        return {name: reading[name](rows) if name in reading else rows for name, rows in by_analysis.items()}

    def _of_versions(self, asked: Sequence[Criterion]) -> list[Verdict]:
        """Of waves and forms that are compared beside everything else, in each role."""
        found: list[Verdict] = []
        for key, rows in self.versions.items():
            by_analysis: dict[str, list[Statistic]] = {}
            for row in rows:
                by_analysis.setdefault(row["analysis"], []).append(as_statistic(row))
            by_role = {
                role: self._read({name: [one for one in own if one.role == role] for name, own in by_analysis.items()})
                for role in dict.fromkeys(row["role"] for row in rows)
            }
            for of_role in by_role.values():
                named = {name: [self._with_levels(key, one) for one in own] for name, own in of_role.items()}
                found += verdicts(named, asked, level=self.level)
        return found

    def _with_levels(self, key: str, statistic: Statistic) -> Statistic:
        """The groups of a pair called what they are: '2~1' alone tells a reader nothing."""
        groups = (statistic.method or "").split("~")
        if len(groups) != 2 or "/" in (statistic.method or ""):
            return statistic
        return replace(statistic, method="~".join(self.wording.level(key, group) for group in groups))

    def judge(self, criterion: Criterion, row: Row) -> Verdict:
        """The verdict of any criterion on a row, with what the other verdicts say of it."""
        verdict = judge(criterion, as_statistic(row), self.level)
        return qualified(verdict, self.verdicts, self.verdicts, items=len(self.answers.items))

    def judged(self, verdict: Verdict) -> str:
        """Name of whom a verdict is about: a role or group, or all that were compared."""
        statistic = verdict.statistic
        if verdict.criterion.pairs and statistic.method:
            pair = self.wording.method(statistic.method)
            return pair if statistic.role == "all" else f"{self.unit((statistic.role, statistic.group))}: {pair}"
        if verdict.criterion.between:
            return self.wording.text("between_groups")
        return self.unit((verdict.statistic.role, verdict.statistic.group))

    @property
    def interval_name(self) -> str:
        return self.wording.text("interval_name", level=self.wording.share(self.level, 0))


def p_in_words(view: View, value: float | None) -> str:
    """'p = 0.013' or 'p < 0.001'."""
    text = view.wording.p_value(value)
    return f"p {text}" if text.startswith("<") else f"p = {text}"
