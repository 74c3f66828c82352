"""Both languages say the same things: every catalogue has every key in both, with the same params."""

import tomllib
from pathlib import Path
from string import Formatter

import pytest

import gateway.words
from gateway.words import areas, catalogue, known_keys, say, say_finding
from verification.checks.automation import KEYS, mouse_signs

FOLDER = Path(gateway.words.__file__).parent


def params(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name is not None}


@pytest.mark.parametrize("area", areas())
def test_both_languages_have_the_same_keys(area: str) -> None:
    persian, english = ({key for key in catalogue(lang) if key.startswith(f"{area}.")} for lang in ("fa", "en"))
    assert persian == english


@pytest.mark.parametrize("key", sorted(known_keys()))
def test_both_languages_use_the_same_params(key: str) -> None:
    assert params(catalogue("fa").get(key, "")) == params(catalogue("en")[key])
    assert catalogue("fa")[key].strip()


def test_every_file_is_a_catalogue_of_a_language_we_speak() -> None:
    endings = {path.name.split(".", 1)[1] for path in FOLDER.glob("*.toml")}
    assert endings <= {"fa.toml", "en.toml"}
    for path in FOLDER.glob("*.toml"):
        tomllib.loads(path.read_text(encoding="utf-8"))


def test_numbers_are_written_in_the_languages_digits() -> None:
    assert say("fa", "forms.too_long", limit=200) == "کوتاه‌ترش کنید: حداکثر ۲۰۰ نویسه."
    assert say("en", "forms.too_long", limit=200) == "At most 200 characters, please."


def test_other_languages_fall_back_to_english() -> None:
    assert say("de", "forms.required") == say("en", "forms.required")


@pytest.mark.parametrize(("key", "more"), [("forms.no_such_words", {}), ("nothing", {}), ("forms.too_long", {})])
def test_missing_words_and_params_are_a_mistake(key: str, more: dict) -> None:
    with pytest.raises(KeyError):
        say("fa", key, **more)


def test_a_fraction_is_written_as_persian_writes_it() -> None:
    said = [say("fa", "findings.filled_fast", seconds=one, least=2.0) for one in (1.0, 1.5)]
    assert [text.split(" ثانیه")[0].rsplit(" ", 1)[1] for text in said] == ["۱", "۱٫۵"]


@pytest.mark.parametrize("lang", ["fa", "en"])
def test_every_sign_of_a_mouse_is_told_in_words(lang: str) -> None:
    counts = ("presses", "far", "centre", "still", "quick", "steps", "even", "fast", "lone", "off")
    signs = {
        *mouse_signs(dict.fromkeys(counts, 20) | {"moves": 10}),
        *mouse_signs({"steps": 500, "moves": 500, "even": 500}),
    }
    assert len(signs) == 8
    said = say_finding(lang, "mouse_unnatural", {"signs": ", ".join(signs)})
    assert not [sign for sign in ("jumps,", "centre,", "still,", "quick,", "grid)") if sign in said]


@pytest.mark.parametrize("lang", ["fa", "en"])
@pytest.mark.parametrize("sign", KEYS)
def test_every_sign_of_the_keys_is_told_in_words_of_its_own(lang: str, sign: str) -> None:
    told = say(lang, f"console.key_sign_{sign}")
    assert told in say_finding(lang, "keys_unnatural", {"held": 38, "signs": sign})
    assert told not in {say(lang, f"console.sign_{one}") for one in ("even", "still", "quick")}
