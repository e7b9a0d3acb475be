"""Every error the package raises on purpose; each message says what was got, where, what is accepted and what to do."""

import difflib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from .note import Note


def suggestion(name: str, known: Iterable[str]) -> str:
    """' Did you mean …?' where a known name is close, else nothing."""
    names = {name.casefold(): name for name in reversed(list(known))}
    close = difflib.get_close_matches(name.casefold(), list(names), n=1)
    return f" Did you mean {_quoted(names[close[0]])}?" if close else ""


def as_known(name: str, known: Iterable[str]) -> str:
    """The known name that this is in other letter case; any other name as it is."""
    return next((key for key in known if isinstance(name, str) and key.casefold() == name.casefold()), name)


def cannot_read(what: str, path: str | Path, error: BaseException) -> str:
    """That a file cannot be read and why; where it does not exist, the file beside it that was perhaps meant."""
    beside: list[str] = []
    if isinstance(error, FileNotFoundError) and Path(path).parent.is_dir():
        beside = sorted(file.name for file in Path(path).parent.iterdir())
    reason = getattr(error, "strerror", None) or error  # a ValueError: a zero byte in the name
    return f"{what} '{path}' cannot be read: {reason}.{suggestion(Path(path).name, beside)}"


def _quoted(name: str) -> str:
    """A name that a file brought along, in quotes, without characters that could act on a terminal."""
    return "'" + "".join(character if character.isprintable() else repr(character)[1:-1] for character in name) + "'"


class OmstillingError(Exception):
    """Base of all errors of this package.

    Whoever catches it gets all that the package refuses on purpose, and no fault of the program itself. Each message says what
    was got, where, what is accepted and what to do.

    See Also
    --------
    UsageError : The call is wrong.
    DataError : The data cannot be used.
    InstrumentError : The instrument file declares no scale.
    EstimationError : A statistic cannot be computed.

    Examples
    --------
    >>> import omstilling_psychometrics as op
    >>> try:
    ...     op.Disclosure(minimum_respondents=-1)
    ... except op.OmstillingError as error:
    ...     print(f"{type(error).__name__}: {error}")
    UsageError: minimum_respondents is -1; a whole number from 0 is needed.
    """


class UsageError(OmstillingError):
    """The call is wrong: an unknown analysis, option or key (exit status 2 on the command line).

    An option is honoured or refused, never passed over. The message says what was given and what there is.

    See Also
    --------
    DataError : The call is right, and the data cannot be used.
    OmstillingError : Base of all errors.

    Examples
    --------
    >>> import omstilling_psychometrics as op
    >>> try:
    ...     op.cfa(op.draw_team(leaders=20, team_size=5, rng=1), estimator="GLS")
    ... except op.UsageError as error:
    ...     print(error)
    estimator is 'GLS'; there are: ML, MLR, FIML, WLSMV, DWLS, ULSMV, ULS.
    """


class DataError(OmstillingError):
    """The data, instrument or codebook cannot be used as it is (exit status 1 on the command line).

    It stops a file or frame from being read in part, or an output from being written. The message says what was got and where,
    what is accepted and what to do about it, often with the line that a codebook needs.

    See Also
    --------
    inspect : See what a file holds, and a draft of the codebook that it needs.
    InstrumentError : The same of an instrument file.
    OmstillingError : Base of all errors.

    Examples
    --------
    >>> import pandas as pd
    >>> import omstilling_psychometrics as op
    >>> items = op.load_instrument().item_keys
    >>> try:
    ...     op.read(pd.DataFrame({item: [1, 9] for item in items}))
    ... except op.DataError as error:
    ...     print(str(error).splitlines()[1].strip())
    column 'kompetencer': '9' in row 2 has no meaning
    """


class InstrumentError(DataError):
    """The instrument file does not describe a scale.

    The message names the place in the file, what stands there and what is expected. It is a `DataError` too, with its exit
    status.

    See Also
    --------
    load_instrument : Reads the file that it is about.
    Instrument : What the file has to declare.
    DataError : The same of data and codebooks.

    Examples
    --------
    >>> import omstilling_psychometrics as op
    >>> try:
    ...     op.load_instrument("no_such_scale.toml")
    ... except op.InstrumentError as error:
    ...     print(error)
    the instrument file 'no_such_scale.toml' cannot be read: No such file or directory.
    """


def require(given: object, kinds: type | tuple[type, ...], what: str, needed: str) -> None:
    """Raises UsageError where an argument is of none of these kinds; needed: what it has to be and how to get it."""
    if not isinstance(given, kinds):
        raise UsageError(f"{what} is a {type(given).__name__}; it has to be {needed}.")


class EstimationError(OmstillingError, ValueError):
    """A statistic cannot be computed from these data.

    The one way in which numerics and analyses fail; analyses turn it into a null row with its note. It is a ValueError too,
    since it is what the values are that it fails on.

    Parameters
    ----------
    note : str
        A key of [notes] in the vocabulary.
    detail : str, default ""
        What it is about, in no particular language.

    See Also
    --------
    DataError : The data cannot be used at all.
    OmstillingError : Base of all errors.

    Examples
    --------
    >>> import omstilling_psychometrics as op
    >>> try:
    ...     raise op.EstimationError("matrix_singular", "i1~i2")
    ... except ValueError as error:
    ...     print(error)
    matrix_singular: i1~i2
    >>> op.reliability(op.draw_team(leaders=1, team_size=1, rng=1)).get("alpha", method="listwise").note
    'too_few_complete: n = 1'
    """

    def __init__(self, note: str, detail: object = "") -> None:
        self.reason = Note(note, str(detail))
        super().__init__(str(self.reason))

    @property
    def note(self) -> str:
        """The reason as rows have it: `key`, or `key: detail`."""
        return str(self.reason)


@contextmanager
def estimating() -> Iterator[None]:
    """Inside, a matrix that linear algebra cannot work with is one more reason for an EstimationError."""
    try:
        yield
    except np.linalg.LinAlgError as error:
        raise EstimationError("matrix_singular") from error
