"""Every error the package raises on purpose; each message says what was got, where, what is accepted and what to do."""


class OmstillingError(Exception):
    """Base of all errors of this package."""


class UsageError(OmstillingError):
    """The call is wrong: an unknown analysis, option or key (exit status 2 on the command line)."""


class DataError(OmstillingError):
    """The data, instrument or codebook cannot be used as it is (exit status 1 on the command line)."""


class InstrumentError(DataError):
    """The instrument file does not describe a scale."""


class EstimationError(OmstillingError):
    """A statistic cannot be computed from these data; analyses turn it into a null row with a note."""

    def __init__(self, note: str, detail: str = "") -> None:
        super().__init__(f"{note}: {detail}" if detail else note)
        self.note = f"{note}: {detail}" if detail else note
