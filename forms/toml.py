"""Reading TOML strictly: every problem is told at once. Knows nothing of what a form or a rulebook is."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any, TypeVar

from forms.problems import Problem, Say
from forms.text import has_control_characters

T = TypeVar("T")
_MISSING: Any = object()
_LARGEST = 10**15
MOST_PARTS = 50  # of a key; `tomllib` takes time and memory by their square
_PART = r"""(?:[\w-]++|"[^"\n]*"|'[^'\n]*')"""
_DEEP = re.compile(rf"(?<![\w-]){_PART}(?:[ \t]*+\.[ \t]*+{_PART}){{{MOST_PARTS}}}")
_SHOWN = 60  # characters of what somebody wrote, within a problem
Place = tuple[tuple[str, str | int], ...]  # from the whole to the part: (("form", "guide"), ("field", "email"))
Path = tuple[str | int, ...]  # the same as the data has it, counted from 0: ("fields", 0)


@dataclass(frozen=True)
class Wrong:
    """Where something is wrong, and what to do: codes, whose words are `toml.<code>` in any language.

    place: where, as people call it; path: where in the data, with the key that is wrong or missing.
    """

    place: Place
    code: str
    params: Mapping[str, Any] = field(default_factory=dict)
    path: Path = ()

    def told(self, say: Say, lang: str) -> tuple[str, str]:
        """Where and what, in words."""
        comma = say(lang, "toml.comma")
        where = comma.join(say(lang, f"toml.place_{noun}", name=_plain(name)).strip() for noun, name in self.place)
        return where, say(lang, f"toml.{self.code}", **self.params)

    def beside(self, say: Say, lang: str) -> str:
        """What to do, beside the field of a page that stands for this key: there nobody writes TOML."""
        return say(lang, f"toml.{BESIDE.get(self.code, self.code)}", **self.params)

    def above(self, say: Say, lang: str) -> tuple[str, str]:
        """Where and what, above the form of such a page."""
        return self.told(say, lang)[0], self.beside(say, lang)


# What is told of TOML, and what beside a field instead.
BESIDE = {
    "missing_text": "beside_write",
    "text": "beside_write",
    "quotes": "beside_write",
    "missing_whole": "whole",
    "missing_one_of": "beside_choose",
    "one_of": "beside_choose",
    "one_of_meant": "beside_choose",
    "words_missing": "beside_languages",
    "each_language": "beside_languages",
    "words_none": "beside_one_language",
    "none": "beside_add",
    "values_or_any": "beside_answers",
    "entry_empty": "beside_leads_here",
    "condition_fact": "beside_asks",
    "condition_fact_event": "beside_asks",
    "condition_any": "beside_asks",
    "condition_tests": "beside_tests",
    "max_below_min": "beside_higher",
    "score_max_below_min": "beside_higher",
    "only_assessment": "beside_assessment",
    "reopens_events": "beside_reopens",
    "no_group": "beside_group",
    "beside_by_band": "beside_band_gives",
}
Problems = list[Wrong]


class TomlError(Exception):
    """A text that cannot be used. problems: all of them, as codes; `told` finds the words."""

    def __init__(self, problems: Sequence[Wrong]) -> None:
        super().__init__("; ".join(f"{'.'.join(map(str, one.path))}: {one.code}" for one in problems))
        self.problems = tuple(problems)

    def told(self, say: Say, lang: str) -> list[tuple[str, str]]:
        """(where, what to do) of each, in that language."""
        return [one.told(say, lang) for one in self.problems]

    def line(self, say: Say, lang: str) -> str:
        """All of them in one line, as a command tells them."""
        return "; ".join(f"{where}: {what}" for where, what in self.told(say, lang))


def content_of(text: str, whole: Place) -> dict[str, Any] | Wrong:
    """What the text holds, or why it is no TOML. whole: what people call the text."""
    if _DEEP.search(text):
        return Wrong(whole, "deep_key", {"limit": MOST_PARTS})
    try:
        return tomllib.loads(text)
    except (ValueError, RecursionError) as error:  # ValueError: bad TOML, and numbers too long to read
        # The parser says where in brackets at the end; people are told the line first.
        at = re.fullmatch(r"(.*) \(at line (\d+), column (\d+)\)", str(error), re.DOTALL)
        if at is None:
            return Wrong(whole, "not_toml", {"error": str(error)})
        return Wrong(whole, "not_toml_at", {"error": at[1], "line": int(at[2]), "column": int(at[3])})


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
    path: Path = ()

    def text(self, key: str, default: str | None = None, *, pattern: str = r"(?s).*\S.*", hint: str = "text") -> str:
        """A text that matches the pattern; `hint` is the code of what to write."""
        value = self._take(key, default, "missing_text", key=key)
        if value is _MISSING or (default is not None and value == default):
            return default or ""
        if not isinstance(value, str):
            return self._wrong(key, default or "", "quotes", key=key)
        if not re.fullmatch(pattern, value):
            return self._wrong(key, default or "", hint, value=_shown(value))
        return value

    def one_of(self, key: str, allowed: Sequence[str], default: str | None = None) -> str:
        value = self._take(key, default, "missing_one_of", allowed=", ".join(allowed))
        if value is _MISSING or (default is not None and value == default):
            return default or ""
        if value not in allowed:
            if value == "":
                self.wrong(key, "missing_one_of", allowed=", ".join(allowed))
            else:
                self._not_one_of(key, value, allowed)
            return default or ""
        return str(value)

    def flag(self, key: str, default: T) -> bool | T:
        value = self._take(key, default, optional=True)
        return value if value is default or isinstance(value, bool) else self._wrong(key, default, "flag")

    def whole(self, key: str, default: int | None, *, low: int, high: int, required: bool = False) -> Any:
        value = self._take(key, default, "missing_whole", optional=not required, low=low, high=high)
        if value is _MISSING or value is default:
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
        value, _ = self._words(key, languages, required=required, longest=longest)
        return value

    def name(self, key: str, languages: Sequence[str], *, required: bool = False) -> Any:
        """The same, where one language will do: the others have its words. Empty where it may be missing."""
        value, missing = self._words(key, languages, required=required, one_will_do=True)
        said = next((value[lang] for lang in languages if value.get(lang, "").strip()), "")
        return {**value, **dict.fromkeys(missing, said)}

    def _words(
        self, key: str, languages: Sequence[str], *, required: bool, longest: int = 300, one_will_do: bool = False
    ) -> tuple[Any, list[str]]:
        """And the languages that have none."""
        value = self._take(key, {})
        if value == {} and not required:
            return {}, []
        example = ", ".join(f'{lang} = "…"' for lang in languages)
        if not isinstance(value, dict) or not all(isinstance(text, str) for text in value.values()):
            return self._wrong(key, {}, "each_language", key=key, example=example), []
        missing = [lang for lang in languages if not value.get(lang, "").strip()]
        if one_will_do and len(missing) == len(languages):
            self._wrong_words(key, None, "words_none", key=key, example=example)
        elif missing and not one_will_do:
            one = missing[0] if len(missing) == 1 else None
            self._wrong_words(key, one, "words_missing", langs=", ".join(missing), key=key, example=example)
        for lang, text in value.items():
            self._check_words(key, lang, text, longest=longest)
        return dict(value), missing

    def tables(self, key: str, one: str, *, by: str = "", required: bool = False) -> Iterator[Table]:
        """Each `[[key]]` table, called by the text of its key `by` where it has one, else by its position."""
        value = self._take(key, None if required else [], "missing_tables", key=key)
        if value is _MISSING:
            return
        if not isinstance(value, list) or not all(isinstance(entry, dict) for entry in value):
            self.wrong(key, "tables", key=key)
            return
        for index, entry in enumerate(value):
            name = entry.get(by)
            called = name if isinstance(name, str) and name.strip() else index + 1
            yield Table((*self.where, (one, called)), entry, self.problems, path=(*self.path, key, index))

    def table(self, key: str, *, required: bool = False) -> Table | None:
        """The `[key]` table, if it is there."""
        value = self._take(key, None, "missing_table", optional=not required, key=key)
        if value is None or value is _MISSING:
            return None
        if not isinstance(value, dict):
            return self._wrong(key, None, "table", key=key)
        return Table((*self.where, (key, "")), value, self.problems, path=(*self.path, key))

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

    def values(self, key: str, allowed: Sequence[str] = ()) -> tuple[str, ...]:
        """A list of texts, of the allowed ones where some are named; numbers, true and false are taken as they are
        written. Empty where the key is missing."""
        value = self._take(key, [])
        if not isinstance(value, list) or not all(map(_scalar, value)):
            return self._wrong(key, (), "values", key=key)
        found = tuple(str(one).lower() if isinstance(one, bool) else str(one) for one in value)
        for one in found:
            if allowed and one not in allowed:
                self._not_one_of(key, one, allowed)
        return found

    def free(self, key: str) -> dict[str, str | int]:
        """A table of texts and whole numbers under any names; empty where the key is missing."""
        value = self._take(key, {})
        if not isinstance(value, dict) or not all(
            _scalar(one) and not isinstance(one, float) for one in value.values()
        ):
            return self._wrong(key, {}, "free", key=key)
        return dict(value)

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
        self.problems.append(Wrong((*self.where, ("key", at)), code, params, (*self.path, at)))

    def wrong_as_a_whole(self, code: str, /, **params: Any) -> None:
        """Add a problem of this table that no key of it has alone."""
        self.problems.append(Wrong(self.where, code, params, self.path))

    def _take(self, at: str, default: Any, missing: str = "", /, *, optional: bool = False, **params: Any) -> Any:
        """What stands there, else the default; `missing` is the code of what to write where there is none."""
        if at not in self.read:
            self.read.append(at)
        if at in self.content:
            return self.content[at]
        if default is None and not optional:
            self.wrong(at, missing, **params)
            return _MISSING
        return default

    def _wrong(self, at: str, default: T, code: str, /, **params: Any) -> T:
        self.wrong(at, code, **params)
        return default

    def _not_one_of(self, key: str, value: object, allowed: Sequence[str]) -> None:
        shown = _shown(value)
        close = get_close_matches(shown, allowed, n=1) if isinstance(shown, str) else []
        if close:
            self.wrong(key, "one_of_meant", value=shown, close=close[0])
        else:
            self.wrong(key, "one_of", value=shown, allowed=", ".join(allowed))

    def _check_words(self, key: str, lang: str, text: str, *, longest: int) -> None:
        if not re.fullmatch("[a-z]{2}", lang):
            self._wrong_words(key, lang, "language", lang=lang)
        if len(text) > longest:
            self._wrong_words(key, lang, "words_long", lang=lang, longest=longest)
        if has_control_characters(text, lines=True):
            self._wrong_words(key, lang, "words_control", lang=lang)

    def _wrong_words(self, at: str, one: str | None, code: str, /, **params: Any) -> None:
        """A problem of words in one language, or in all."""
        path = (*self.path, at, *([] if one is None else [one]))
        self.problems.append(Wrong((*self.where, ("key", at)), code, params, path))


def _scalar(value: object) -> bool:
    """A text, or a number of a readable length: Python refuses to write longer ones."""
    return isinstance(value, str) or (isinstance(value, int | float) and not abs(value) > _LARGEST)


def _shown(value: object) -> Any:
    """What somebody wrote, as a problem quotes it: not at any length."""
    if isinstance(value, int | float):
        return value if _scalar(value) else "…"
    text = str(value)
    return text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"


def _plain(name: object) -> Any:
    """A name that may be anything, without what moves a terminal's cursor."""
    shown = _shown(name)
    return repr(shown) if isinstance(shown, str) and has_control_characters(shown) else shown
