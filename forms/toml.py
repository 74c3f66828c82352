"""Reading TOML strictly: every problem is told at once. Knows nothing of what a form is."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any, TypeVar

from forms.problems import Problem, Say
from forms.text import has_control_characters

T = TypeVar("T")
_MISSING: Any = object()
_LARGEST = 10**15
Place = tuple[tuple[str, str | int], ...]  # from the whole to the part: (("form", "guide"), ("field", "email"))


@dataclass(frozen=True)
class Wrong:
    """Where something is wrong, and what to do: codes, whose words are `toml.<code>` in any language."""

    place: Place
    code: str
    params: Mapping[str, Any] = field(default_factory=dict)

    def told(self, say: Say, lang: str) -> tuple[str, str]:
        """Where and what, in words."""
        comma = say(lang, "toml.comma")
        where = comma.join(say(lang, f"toml.place_{noun}", name=name).strip() for noun, name in self.place)
        return where, say(lang, f"toml.{self.code}", **self.params)


Problems = list[Wrong]


@dataclass
class Table:
    """One TOML table while it is read. `where` is its place; what is wrong goes to `problems`.

    Each method reads one key and returns a value of the right type: the default where the key is missing or
    wrong. A key without a default is required. `done` names the keys that nobody read.
    """

    where: Place
    content: Mapping[str, Any]
    problems: Problems
    read: list[str] = field(default_factory=list)

    def text(self, key: str, default: str | None = None, *, pattern: str, hint: str) -> str:
        """A short text that matches the pattern; `hint` is the code of what to write."""
        value = self._take(key, default)
        if value is _MISSING or (default is not None and value == default):
            return default or ""
        if not isinstance(value, str):
            return self._wrong(key, default or "", "quotes", key=key)
        if not re.fullmatch(pattern, value):
            return self._wrong(key, default or "", hint, value=value)
        return value

    def one_of(self, key: str, allowed: Sequence[str], default: str | None = None) -> str:
        value = self._take(key, default)
        if value is _MISSING:
            return default or ""
        if value not in allowed:
            close = get_close_matches(str(value), allowed, n=1)
            if close:
                return self._wrong(key, default or "", "one_of_meant", value=value, close=close[0])
            return self._wrong(key, default or "", "one_of", value=value, allowed=", ".join(allowed))
        return str(value)

    def flag(self, key: str, default: bool) -> bool:
        value = self._take(key, default)
        return value if isinstance(value, bool) else self._wrong(key, default, "flag")

    def whole(self, key: str, default: int | None, *, low: int, high: int) -> Any:
        value = self._take(key, default, optional=True)
        if value is default:
            return default
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            return self._wrong(key, default, "whole", low=low, high=high)
        return value

    def number(self, key: str) -> float | None:
        value = self._take(key, None, optional=True)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) <= _LARGEST:
            return self._wrong(key, None, "number")
        return value

    def words(self, key: str, languages: Sequence[str], *, required: bool = False, longest: int = 300) -> Any:
        """Text in every language of the form: `key = { fa = "…", en = "…" }`. Empty where it may be missing."""
        value = self._take(key, None if required else {})
        if value is _MISSING or (value == {} and not required):
            return {}
        example = ", ".join(f'{lang} = "…"' for lang in languages)
        if not isinstance(value, dict) or not all(isinstance(text, str) for text in value.values()):
            return self._wrong(key, {}, "each_language", key=key, example=example)
        missing = [lang for lang in languages if not value.get(lang, "").strip()]
        if missing:
            self.wrong(key, "words_missing", langs=", ".join(missing), key=key, example=example)
        for lang, text in value.items():
            self._check_words(key, lang, text, longest=longest)
        return dict(value)

    def tables(self, key: str, one: str) -> Iterator[Table]:
        """Each `[[key]]` table, called by its name where it has one, else by its position."""
        value = self._take(key, [])
        if not isinstance(value, list) or not all(isinstance(entry, dict) for entry in value):
            self.wrong(key, "tables", key=key)
            return
        for position, entry in enumerate(value, 1):
            names = [entry[name] for name in ("name", "value", "purpose", "key") if isinstance(entry.get(name), str)]
            yield Table((*self.where, (one, names[0] if names else position)), entry, self.problems)

    def table(self, key: str) -> Table | None:
        """The `[key]` table, if it is there."""
        value = self._take(key, {})
        if not isinstance(value, dict):
            return self._wrong(key, None, "table", key=key)
        return Table((*self.where, (key, "")), value, self.problems) if key in self.content else None

    def list_of(self, key: str, allowed: Sequence[str]) -> tuple[str, ...]:
        """Some of the allowed words, each once; all of them where the key is missing."""
        value = self._take(key, list(allowed))
        known = isinstance(value, list) and all(isinstance(entry, str) and entry in allowed for entry in value)
        if not known or not value or len(set(value)) < len(value):
            return self._wrong(key, tuple(allowed), "list_of", allowed=", ".join(allowed))
        return tuple(value)

    def names(self, key: str) -> tuple[str, ...]:
        """A list of names such as `disposable_email`, each once; who uses them knows which there are."""
        value = self._take(key, [])
        named = isinstance(value, list) and all(
            isinstance(one, str) and re.fullmatch("[a-z_]{1,60}", one) for one in value
        )
        if not named or len(set(value)) < len(value):
            return self._wrong(key, (), "names", key=key)
        return tuple(value)

    def done(self, elsewhere: Mapping[str, Problem] | None = None) -> None:
        """Names every key that was not read, since a mistyped one must not be lost. `elsewhere`: key → where it
        belongs."""
        for key in self.content:
            if key in self.read:
                continue
            close = get_close_matches(key, self.read, n=1)
            if elsewhere and key in elsewhere:
                self.wrong(key, elsewhere[key].code, **elsewhere[key].params)
            elif close:
                self.wrong(key, "key_meant", close=close[0])
            else:
                self.wrong(key, "key_unknown", known=", ".join(self.read))

    def wrong(self, at: str, code: str, /, **params: Any) -> None:
        """Add a problem of one key of this table."""
        self.problems.append(Wrong((*self.where, ("key", at)), code, params))

    def _take(self, key: str, default: Any, *, optional: bool = False) -> Any:
        self.read.append(key)
        if key in self.content:
            return self.content[key]
        if default is None and not optional:
            self.wrong(key, "missing")
            return _MISSING
        return default

    def _wrong(self, at: str, default: T, code: str, /, **params: Any) -> T:
        self.wrong(at, code, **params)
        return default

    def _check_words(self, key: str, lang: str, text: str, *, longest: int) -> None:
        if not re.fullmatch("[a-z]{2}", lang):
            self.wrong(key, "language", lang=lang)
        if len(text) > longest:
            self.wrong(key, "words_long", lang=lang, longest=longest)
        if has_control_characters(text, lines=True):
            self.wrong(key, "words_control", lang=lang)
