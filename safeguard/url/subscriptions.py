"""Subscriptions to lists of addresses: what is subscribed to, where each list stands, and updating them.

An update takes each list by itself: it is fetched (or read from a file), its signature is checked where a key was
given, it is read through, and only then takes the place of the last good copy. What fails leaves that copy in force.
"""

from __future__ import annotations

import contextlib
import hashlib
import shutil
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

import regex
from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from safeguard.errors import ListError, MissingExtraError
from safeguard.resources import load_toml, rules_dir
from safeguard.taxonomy import Category
from safeguard.url.compiler import Compiled, Source, compile_lists
from safeguard.url.database import POINTER, lists_folder
from safeguard.url.formats import Format, ListReader

try:
    import fcntl
except ImportError:  # Windows: two updates at the same time are up to whoever starts them
    fcntl = None  # type: ignore[assignment]

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Sequence

_FILE: Final = "subscriptions.json"
_COPIES: Final = "copies"
_LOCK: Final = ".lock"
_SIGNATURE: Final = ".minisig"
_LEAST_KEPT: Final = 0.5  # of a list's entries; one that shrinks more is taken for a stub or an accident
_SMALL: Final = 50  # entries; such lists may shrink as they like
_NAME: Final = regex.compile(r"[a-z0-9][a-z0-9_-]{0,62}")


class Offer(BaseModel):
    """A published list that safeguard knows (``rules/lists.toml``)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    title: str
    category: Category
    url: str
    licence: str
    home: str
    format: Format | None = None


class Subscription(BaseModel):
    """A list that is subscribed to, and where it stands.

    Attributes:
        category: what it lists; ``None`` for addresses to keep open.
        source: an address (http, https) or a file.
        mirrors: further addresses of the same list, tried in turn.
        key: a minisign public key; the list must be signed with it then.
        updated: when it was last found to be current.
        problem: why the last update of it failed; empty where it did not.
    """

    model_config = ConfigDict(extra="forbid")

    name: str
    category: Category | None
    source: str
    mirrors: tuple[str, ...] = ()
    format: Format | None = None
    key: str = ""
    etag: str = ""
    modified: str = ""
    sha256: str = ""
    entries: int = 0
    unsupported: dict[str, int] = {}
    held_back: list[str] = []
    held_back_count: int = 0
    updated: datetime | None = None
    problem: str = ""


_ALL: Final = TypeAdapter(list[Subscription])


@cache
def catalogue() -> dict[str, Offer]:
    """The published lists that safeguard knows, by name."""
    return TypeAdapter(dict[str, Offer]).validate_python(load_toml(rules_dir() / "lists.toml"))


class Subscriptions:
    """The subscriptions of an installation.

    Args:
        folder: where they are kept; default: :func:`~safeguard.url.database.lists_folder`.

    Raises:
        ListError: what is written there cannot be read.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self.folder = folder or lists_folder()
        self.all = self._read()

    def _read(self) -> list[Subscription]:
        path = self.folder / _FILE
        try:
            return _ALL.validate_json(path.read_bytes()) if path.exists() else []
        except (OSError, ValidationError) as error:
            raise ListError(f"{path} cannot be read: {error}") from error

    @contextlib.contextmanager
    def _alone(self) -> Iterator[None]:
        """While no other process changes the subscriptions, as a running proxy does every day."""
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            with (self.folder / _LOCK).open("wb") as file:
                lock(file)
                self.all = self._read()
                yield
        except OSError as error:
            raise ListError(f"{self.folder} cannot be written: {error.strerror or error}") from error

    def add(
        self,
        source: str,
        category: Category | None = None,
        *,
        allow: bool = False,
        name: str | None = None,
        format: Format | None = None,  # noqa: A002 - the field's word
        mirrors: Sequence[str] = (),
        key: str = "",
    ) -> Subscription:
        """Subscribe to a list; it is in force after the next update.

        Args:
            source: a name of the catalogue, an address, or a file.
            category: what it lists; needed unless the catalogue knows it or ``allow`` is given.
            allow: it names addresses to keep open.

        Raises:
            ListError: it cannot be subscribed to so.
        """
        if (offer := catalogue().get(source)) is not None:
            name, category = name or source, category or offer.category
            source, format = offer.url, format or offer.format  # noqa: A001
        elif not is_url(source):
            path = Path(source).expanduser().absolute()
            if not path.is_file():
                raise ListError(f"there is no list {source!r}: not in the catalogue, no address, no file")
            source = str(path)
        if allow == (category is not None):
            raise ListError("say what is listed with a category, or that it is to be kept open, and not both")
        name = name or _name_of(source)
        if not _NAME.fullmatch(name):
            raise ListError(f"{name!r} is no name for a list: use a-z, 0-9, - and _")
        if any(not is_url(mirror) for mirror in mirrors):
            raise ListError("a mirror is an address that begins with http:// or https://")
        if key:
            _read_key(key)
        made = Subscription(name=name, category=category, source=source, mirrors=tuple(mirrors), format=format, key=key)
        with self._alone():
            if any(known.name == name for known in self.all):
                raise ListError(f"there is a list named {name!r} already: choose another name")
            self.all.append(made)
            self._save()
        return made

    def remove(self, name: str) -> None:
        """End a subscription, and put the remaining lists in force.

        Raises:
            ListError: there is none of that name.
        """
        with self._alone():
            self.all.remove(self._named(name))
            self._save()
            self._copy_of(name).unlink(missing_ok=True)
            self._compile()

    def update(
        self,
        names: Collection[str] = (),
        *,
        force: bool = False,
        progress: Callable[[str, int, int | None], None] = lambda _name, _done, _all: None,
    ) -> list[Subscription]:
        """Bring lists up to date and put them in force.

        Args:
            names: which; all by default.
            force: take lists that shrink to less than half as well.
            progress: is told of a list how many bytes have come, and of how many.

        Returns:
            The lists that were looked at; ``problem`` says what failed.

        Raises:
            ListError: there is no list of that name, or the lists cannot be put in force.
        """
        with self._alone():
            chosen = [self._named(name) for name in names] or self.all
            (self.folder / _COPIES).mkdir(parents=True, exist_ok=True)
            for subscription in chosen:
                try:
                    self._update_one(subscription, force=force, progress=progress)
                    subscription.problem = ""
                except ListError as error:
                    subscription.problem = str(error)
                self._save()
            self._compile()
        return chosen

    def _update_one(
        self, subscription: Subscription, *, force: bool, progress: Callable[[str, int, int | None], None]
    ) -> None:
        copy = self._copy_of(subscription.name)
        fresh = copy.with_name(copy.name + ".new")
        try:
            if (marks := self._get(subscription, fresh, progress)) is not None:
                self._accept(subscription, fresh, copy, force=force)
                # Only of what was taken: or else the next update would find that what was refused has not changed.
                subscription.etag, subscription.modified = marks
            subscription.updated = datetime.now(UTC)
        finally:
            fresh.unlink(missing_ok=True)
            fresh.with_name(fresh.name + _SIGNATURE).unlink(missing_ok=True)

    def _get(
        self, subscription: Subscription, fresh: Path, progress: Callable[[str, int, int | None], None]
    ) -> tuple[str, str] | None:
        """Put the list as it is now, and its signature, into files.

        Returns:
            The server's marks of it (none of a file); ``None`` where it has not changed.
        """
        signature = fresh.with_name(fresh.name + _SIGNATURE)
        if not is_url(subscription.source):
            try:
                shutil.copyfile(subscription.source, fresh)
                if subscription.key:
                    shutil.copyfile(subscription.source + _SIGNATURE, signature)
            except OSError as error:
                raise ListError(f"{error.filename} cannot be read: {error.strerror}") from error
            return "", ""
        try:
            from safeguard.url.fetch import Marks, fetch
        except ModuleNotFoundError as error:
            raise MissingExtraError("fetching lists", "lists") from error
        known = Marks(subscription.etag, subscription.modified) if self._is_sound(subscription) else Marks()
        problems = []
        for url in (subscription.source, *subscription.mirrors):
            try:
                marks = fetch(url, fresh, known, lambda done, total: progress(subscription.name, done, total))
                if marks is None:
                    return None
                if subscription.key:
                    fetch(url + _SIGNATURE, signature, Marks())
            except ListError as error:
                problems.append(str(error))
                known = Marks()  # another server's marks say nothing
                continue
            return marks.etag, marks.modified
        raise ListError("; ".join(problems))

    def _accept(self, subscription: Subscription, fresh: Path, copy: Path, *, force: bool) -> None:
        """Take a fresh list in the place of the last good copy, if it stands the checks."""
        if subscription.key:
            _verify(fresh, subscription.key)
        reader = ListReader(fresh, subscription.format)
        for _ in reader:
            pass
        if not reader.entries:
            raise ListError("it has no entry that can be used")
        least = subscription.entries * _LEAST_KEPT
        if subscription.entries > _SMALL and reader.entries < least and not force:
            raise ListError(
                f"it has {reader.entries:,} entries instead of {subscription.entries:,}: "
                "the former copy stays in force (--force takes the new one)"
            )
        subscription.entries = reader.entries
        subscription.unsupported = dict(reader.unsupported)
        subscription.sha256 = _digest(fresh)
        fresh.replace(copy)

    def _is_sound(self, subscription: Subscription) -> bool:
        """Whether the last good copy is there, and still what it was."""
        copy = self._copy_of(subscription.name)
        return copy.exists() and _digest(copy) == subscription.sha256

    def _compile(self) -> None:
        sources = []
        for subscription in self.all:
            copy = self._copy_of(subscription.name)
            if self._is_sound(subscription):
                sources.append(Source(subscription.name, subscription.category, copy, subscription.format))
            elif copy.exists():
                subscription.problem = subscription.problem or "its copy is damaged: update it again"
        if not sources and not (self.folder / POINTER).exists():
            return
        reports: dict[str, Compiled] = {report.name: report for report in compile_lists(sources, self.folder)}
        for subscription in self.all:
            if (report := reports.get(subscription.name)) is not None:
                subscription.held_back, subscription.held_back_count = report.held_back, report.held_back_count
        self._save()

    def _save(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        fresh = self.folder / f"{_FILE}.new"
        fresh.write_bytes(_ALL.dump_json(self.all, indent=1))
        fresh.replace(self.folder / _FILE)

    def _named(self, name: str) -> Subscription:
        for subscription in self.all:
            if subscription.name == name:
                return subscription
        known = ", ".join(subscription.name for subscription in self.all) or "none"
        raise ListError(f"there is no list named {name!r}: subscribed to are {known}")

    def _copy_of(self, name: str) -> Path:
        return self.folder / _COPIES / name


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def lock(file: IO[bytes]) -> None:
    """Wait until no other process holds the lock on a file; it ends when the file is closed."""
    if fcntl is not None:
        fcntl.flock(file, fcntl.LOCK_EX)


def is_url(source: str) -> bool:
    """Whether a list comes from a server, and not from a file."""
    return source.lower().startswith(("http://", "https://"))


def _name_of(source: str) -> str:
    """A name for a list, made of its address or file."""
    path = urlsplit(source).path if is_url(source) else source
    stem = Path(path).name.lower().split(".")[0]
    return regex.sub(r"[^a-z0-9_-]+", "-", stem).strip("-_")[:63] or "list"


def _minisign() -> Any:
    try:
        import minisign
    except ModuleNotFoundError as error:
        raise MissingExtraError("signed lists", "lists") from error
    return minisign


def _read_key(key: str) -> Any:
    """A public key, as minisign prints it or in a file of minisign's."""
    minisign = _minisign()
    try:
        if Path(key).is_file():
            return minisign.PublicKey.from_file(key)
        return minisign.PublicKey.from_base64(key)
    except (minisign.Error, OSError, ValueError) as error:
        raise ListError(f"{key!r} is no minisign public key: {error}") from error


def _verify(path: Path, key: str) -> None:
    minisign = _minisign()
    try:
        signature = minisign.Signature.from_file(path.with_name(path.name + _SIGNATURE))
        _read_key(key).verify_file(path, signature)
    except (minisign.Error, OSError, ValueError) as error:
        raise ListError(f"its signature does not fit the key: {error}") from error
