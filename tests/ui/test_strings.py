"""The screens' words: both languages have them all, every text the modules ask for exists, every template is translated.

Nothing here needs a browser or a database; it reads the files as they are served.
"""

import json
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SCRIPTS = sorted((ROOT / "static" / "js").rglob("*.js"))
WHOLE_KEY = re.compile(r"""\bt\(\s*'([a-z_]+(?:\.[a-z_.]+)?)'""")
CHOICE_OF_KEYS = re.compile(r"""\bt\(([^()]*?\?\s*'[^']+'\s*:\s*'[^']+')""")
LABEL = re.compile(r"""\b(?:label|group): '([a-z_]+\.[a-z_]+)'""")
PREFIX = re.compile(r"""\bt\(\s*`([a-z_.]+)\.\$\{""")
PREFIX_BY_CODE = re.compile(r"""\btCode\(\s*'([a-z_]+)'""")
# Codes of these come from a city's data or from the server, which sends the words with them or leaves the code.
OPEN_PREFIXES = {"alarm", "capability"}


def words(language: str) -> dict[str, str]:
    """The dictionary of one language: the strict JSON between the braces of its module."""
    source = (ROOT / "static" / "js" / "i18n" / f"{language}.js").read_text(encoding="utf-8")
    parsed: dict[str, str] = json.loads(source[source.index("{\n") : source.rindex("}") + 1])
    return parsed


def asked_keys() -> set[str]:
    keys: set[str] = set()
    for script in SCRIPTS:
        source = script.read_text(encoding="utf-8")
        keys |= set(WHOLE_KEY.findall(source)) | set(LABEL.findall(source))
        for choice in CHOICE_OF_KEYS.findall(source):
            keys |= set(re.findall(r"'([a-z_]+\.[a-z_.]+)'", choice))
    return keys


def test_it_has_every_text_in_both_languages() -> None:
    assert set(words("id")) == set(words("en"))
    assert len(words("id")) > 200


@pytest.mark.parametrize("language", ["id", "en"])
def test_it_knows_every_text_the_screens_ask_for(language: str) -> None:
    asked = asked_keys()
    assert len(asked) > 120
    assert asked - set(words(language)) == set()


def test_it_has_texts_for_every_family_of_codes() -> None:
    known = words("id")
    prefixes: set[str] = set()
    for script in SCRIPTS:
        source = script.read_text(encoding="utf-8")
        prefixes |= set(PREFIX.findall(source)) | set(PREFIX_BY_CODE.findall(source))
    missing = {prefix for prefix in prefixes - OPEN_PREFIXES if not any(key.startswith(f"{prefix}.") for key in known)}
    assert missing == set()


def test_it_fills_the_same_values_in_both_languages() -> None:
    indonesian, english = words("id"), words("en")
    for key, text in indonesian.items():
        assert set(re.findall(r"\{\w+\}", text)) == set(re.findall(r"\{\w+\}", english[key])), key


def test_it_leaves_no_text_empty_but_the_untouched_form() -> None:
    for language in ("id", "en"):
        assert [key for key, text in words(language).items() if not text.strip()] == ["form.empty"]


def test_it_translates_every_text_of_the_templates() -> None:
    catalogue = (ROOT / "locale" / "id" / "LC_MESSAGES" / "django.po").read_text(encoding="utf-8")
    known = set(re.findall(r'^msgid "(.+)"$', catalogue, re.MULTILINE))
    for template in (ROOT / "templates").rglob("*.html"):
        source = template.read_text(encoding="utf-8")
        used = {text for _, text in re.findall(r"""\{% translate (["'])(.+?)\1 %\}""", source)}
        assert used - known == set(), template.name


def test_it_keeps_markup_out_of_strings_and_styles_out_of_markup() -> None:
    for script in SCRIPTS:
        source = script.read_text(encoding="utf-8")
        assert ".innerHTML" not in source, script.name
        assert " style=" not in source, f"{script.name}: the Content-Security-Policy refuses style attributes"
    for template in (ROOT / "templates").rglob("*.html"):
        assert " style=" not in template.read_text(encoding="utf-8"), template.name


def test_it_lists_every_hook_of_the_screens_in_the_docs() -> None:
    listed = (ROOT / "docs" / "screens.md").read_text(encoding="utf-8")
    hooks: set[str] = set()
    for source in [*SCRIPTS, *(ROOT / "templates").rglob("*.html")]:
        text = source.read_text(encoding="utf-8")
        hooks |= set(re.findall(r"""data-testid="([a-z-]+)["$]""", text)) | set(
            re.findall(r"""testid: '([a-z-]+)'""", text)
        )
    assert {hook for hook in hooks if f"`{hook}" not in listed} == set()
