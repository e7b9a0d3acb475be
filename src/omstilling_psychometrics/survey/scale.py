"""A Likert scale as declared: its items, categories, ways of not answering, roles and scoring."""

from __future__ import annotations

from typing import Literal

import msgspec

Relation = Literal["team", "self", "superior"]

# Keys under which the Danish public leadership evaluation names its roles; other instruments say `relation` themselves.
_KNOWN_RELATIONS: dict[str, Relation] = {"medarbejder": "team", "leder": "self", "overordnet": "superior"}


class Text(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One text in Danish, English or both."""

    da: str | None = None
    en: str | None = None

    def __getitem__(self, language: str) -> str:
        """The text in `language`, or in the other one where it was not given."""
        chosen, other = (self.da, self.en) if language == "da" else (self.en, self.da)
        return chosen if chosen is not None else (other or "")

    def variants(self) -> tuple[str, ...]:
        """Every text given, Danish first."""
        return tuple(text for text in (self.da, self.en) if text)


class Wording(Text, frozen=True, forbid_unknown_fields=True):
    """An item as one role reads it; `official` is false for our own adaptations."""

    official: bool = True


class Item(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One statement of the scale."""

    key: str
    gloss: Text | None = None
    wording: dict[str, Wording] = {}
    reversed: bool = False

    def label(self, language: str) -> str:
        """Short label for tables and plots: the gloss, else the key."""
        return (self.gloss[language] if self.gloss else "") or self.key


class NonAnswer(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A reason offered for not answering."""

    key: str
    label: Text = Text()


class Role(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Who answers. `relation` says how the role stands to the leader: team (several per leader), self (one), superior
    (one per leader, but one superior may rate several leaders)."""

    key: str
    label: Text = Text()
    relation: Relation | None = None


class Instrument(msgspec.Struct, frozen=True, kw_only=True):
    """A Likert scale as declared: nothing in it depends on the answers seen.

    It has what the package needs to know of a scale beside the answers: which values there are and what they are called, who
    answers what, and when a scale score is given. `load_instrument` makes it from a file.

    Parameters
    ----------
    key : str
        Short name, part of file names.
    title : Text
        Name for people, in one language or several.
    introduction : Text
        What respondents read before the items.
    categories : tuple of int
        The values themselves in order (0–3 stays 0–3 in every mean).
    labels : dict of int to Text
        Names of the categories.
    minimum_answered : int
        A scale score is the mean of the answered items if at least this many are answered.
    non_answers : tuple of NonAnswer
        Ways of not answering that are offered.
    roles : tuple of Role
        Who answers, and how they stand to the leader.
    items : tuple of Item
        In the order of the form.
    asked_in : tuple of str
        Languages that respondents are asked in, where the file says so; texts in others are translations for readers.

    See Also
    --------
    load_instrument : Make one from its file.
    ResponsePatterns : Answers to the items of one.
    InstrumentError : Raised where a file declares no scale.

    Examples
    --------
    >>> import omstilling_psychometrics as op
    >>> scale = op.load_instrument()
    >>> len(scale.items), scale.categories, scale.minimum_answered
    (5, (1, 2, 3, 4, 5), 3)
    >>> [role.key for role in scale.roles]
    ['medarbejder', 'leder', 'overordnet']
    """

    key: str
    title: Text
    introduction: Text
    categories: tuple[int, ...]
    labels: dict[int, Text]
    minimum_answered: int
    non_answers: tuple[NonAnswer, ...]
    roles: tuple[Role, ...]
    items: tuple[Item, ...]
    asked_in: tuple[Literal["da", "en"], ...] = ()

    @property
    def item_keys(self) -> tuple[str, ...]:
        """Keys of the items, in the order of the form."""
        return tuple(item.key for item in self.items)

    @property
    def reason_keys(self) -> tuple[str, ...]:
        """Keys of the ways of not answering."""
        return tuple(reason.key for reason in self.non_answers)

    @property
    def role_keys(self) -> tuple[str, ...]:
        """Keys of the roles."""
        return tuple(role.key for role in self.roles)

    def relation(self, role: str) -> Relation | None:
        """How a role stands to the leader.

        Parameters
        ----------
        role : str
            Key of the role.

        Returns
        -------
        str or None
            None where the instrument does not say.
        """
        for candidate in self.roles:
            if candidate.key == role:
                return candidate.relation or _KNOWN_RELATIONS.get(role)
        return None

    def role_label(self, role: str, language: str) -> str:
        """Name of a role for people.

        Parameters
        ----------
        role : str
            Key of the role.
        language : str
            "da" or "en".

        Returns
        -------
        str
            Its key where the instrument gives no label.
        """
        for candidate in self.roles:
            if candidate.key == role:
                return candidate.label[language] or role
        return role

    def reason_label(self, reason: str, language: str) -> str:
        """Name of a non-answer for people.

        Parameters
        ----------
        reason : str
            Key of the non-answer.
        language : str
            "da" or "en".

        Returns
        -------
        str
            Its key where the instrument gives no label.
        """
        for candidate in self.non_answers:
            if candidate.key == reason:
                return candidate.label[language] or reason
        return reason

    def is_official(self, wording: Wording, language: str) -> bool:
        """Is the text of a wording in this language, as `wording[language]` gives it, what the scale's owner asks?

        Parameters
        ----------
        wording : Wording
            Of an item in a role.
        language : str
            "da" or "en".

        Returns
        -------
        bool
            False for adaptations, and for translations into a language that nobody is asked in.
        """
        shown = next((one for one in (language, "da", "en") if getattr(wording, one, None)), language)
        return wording.official and (not self.asked_in or shown in self.asked_in)

    def category_label(self, value: int, language: str) -> str:
        """Label of a category for people.

        Parameters
        ----------
        value : int
            Of the category.
        language : str
            "da" or "en".

        Returns
        -------
        str
            Its number where the instrument gives no label.
        """
        text = self.labels[value][language] if value in self.labels else ""
        return f"{value} {text}".strip()

    def item(self, key: str) -> Item:
        """The item of a key.

        Parameters
        ----------
        key : str
            Of the item.

        Returns
        -------
        Item
            With its wordings.
        """
        return self.items[self.item_keys.index(key)]
