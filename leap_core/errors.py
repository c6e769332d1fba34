"""Errors of leap_core: one root, and one branch for what the user can mend.

The message of a `UserError` is shown to the user as it is, so it says what was found, what was expected
and what to do next.
"""

from __future__ import annotations


class LeapError(Exception):
    """Root of every error that leap_core raises on purpose."""


class UserError(LeapError):
    """Something the user can mend: a file, an option, a name."""


class UnreadableTableError(UserError):
    """A file could not be read as a table of numbers."""


class PanelError(UserError):
    """Expression, response and annotation do not make a panel together."""


class SampleError(UserError):
    """An uploaded sample cannot be scored honestly."""


class ChoiceNeededError(SampleError):
    """A file can be read in more than one way, and only the user knows which.

    Attributes
    ----------
    choices
        What there is to choose from.
    option
        Which option of `leap_core.sample.profiles.ReadOptions` the answer belongs to: ``value``, ``sample``,
        ``sheet`` or ``unit``.
    question
        The question alone, without the choices.
    """

    def __init__(self, question: str, choices: tuple[str, ...], option: str = "value") -> None:
        super().__init__(f"{question} There are: {', '.join(choices)}.")
        self.choices, self.option, self.question = choices, option, question


class FilesRefusedError(SampleError):
    """None of several files could be read.

    Attributes
    ----------
    refused
        Each file, and why.
    """

    def __init__(self, refused: tuple[tuple[str, str], ...]) -> None:
        super().__init__(" ".join(f"{name}: {reason.removeprefix(name).lstrip(': ')}" for name, reason in refused))
        self.refused = refused


class UnknownModelError(UserError):
    """No trained model of that name is in the store."""


class StoreError(LeapError):
    """An artefact is missing or is not what its manifest says."""


class Cancelled(LeapError):
    """The user cancelled a computation; what was finished stays in the store."""
