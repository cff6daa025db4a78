"""Everything that safeguard raises on purpose.

::

    SafeguardError
    ├── InputError            what the caller gave cannot be judged (also a ValueError)
    │   ├── TextError         not text, or too long
    │   ├── PageError         a body that is not bytes, or a header that makes no sense
    │   ├── AddressError      not an address
    │   └── ImageError        not a picture, or one that is too large
    ├── ConfigError           a configuration or policy that cannot be followed (also a ValueError)
    │   └── UnknownProfileError
    ├── DataError             a rule pack or model of our own that is missing, damaged or altered
    ├── ListError             a list of addresses, or a subscription to one, that cannot be used
    ├── MissingExtraError     an optional part that is not installed (also an ImportError)
    └── ListenError           an address on which we cannot listen (also an OSError)

Messages are one sentence that names the offending value, fit to be shown to the person who typed it.
"""

from __future__ import annotations


class SafeguardError(Exception):
    """Base of every error that safeguard raises on purpose."""


class InputError(SafeguardError, ValueError):
    """What the caller gave cannot be judged."""


class TextError(InputError):
    """Not text, or more of it than one call may judge."""


class PageError(InputError):
    """A page body or one of its headers cannot be read at all."""


class AddressError(InputError):
    """Not an address (URL or host name)."""


class ImageError(InputError):
    """Not a picture that can be judged."""


class ConfigError(SafeguardError, ValueError):
    """A configuration or policy file that cannot be followed."""


class UnknownProfileError(ConfigError):
    """A profile name that no profile file defines."""

    def __init__(self, name: str, known: tuple[str, ...]) -> None:
        self.name = name
        self.known = known
        super().__init__(f"unknown profile {name!r}: choose one of {', '.join(known)}")


class DataError(SafeguardError):
    """A rule pack or model that ships with safeguard is missing, damaged or altered."""


class ListError(SafeguardError):
    """A list of addresses, or a subscription to one, that cannot be used."""


class MissingExtraError(SafeguardError, ImportError):
    """An optional part of safeguard is not installed."""

    def __init__(self, feature: str, extra: str) -> None:
        self.feature = feature
        self.extra = extra
        super().__init__(f"{feature} needs an optional part: pip install 'safeguard-filter[{extra}]'")


class ListenError(SafeguardError, OSError):
    """An address on which we cannot listen."""
