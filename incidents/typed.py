"""What people type: one form for all of it before it is kept. What cannot be seen is taken out, what cannot be kept is refused
by its name; nothing that somebody sees on the screen is ever changed or lost."""

from __future__ import annotations

import re
import unicodedata

from django.utils.translation import gettext as _

MARKS_MAX = 8
"""Combining marks on one letter: no language needs as many, and more of them paint over the lines around."""
INVISIBLE = re.compile("[\u00ad\u061c\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff\U000e0000-\U000e007f]")
"""They order text against the eye (bidirectional controls) or cannot be seen at all. Joiners stay: scripts and emoji need them."""
JOINERS = re.compile("[\u200c\u200d]")
CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
SCRIPTS_THAT_LOOK_ALIKE = ("LATIN", "CYRILLIC", "GREEK", "ARMENIAN", "CHEROKEE")


class Unkeepable(ValueError):
    """The words say which character, in the reader's language."""


def tidy(text: str) -> str:
    """Any typed text, in Unicode's composed form (NFC). Raises Unkeepable for control characters other than tab and line
    break, for half a character, and for letters buried under marks."""
    if text.isascii() and text.isprintable():
        return text
    found = CONTROL.search(text)
    if found is not None:
        raise Unkeepable(_("contains the control character %(name)s") % {"name": f"U+{ord(found[0]):04X}"})
    try:
        text.encode()
    except UnicodeEncodeError:
        raise Unkeepable(_("contains half of a character")) from None
    text = unicodedata.normalize("NFC", INVISIBLE.sub("", text))
    marks = 0
    for letter in text:
        marks = marks + 1 if unicodedata.combining(letter) else 0
        if marks > MARKS_MAX:
            raise Unkeepable(_("contains a letter with more than %(count)d marks") % {"count": MARKS_MAX})
    return text


def tidy_name(text: str) -> str:
    """A name by which something is told from others (call sign, code, station): also on one line, without joiners, and
    not of letters from two alphabets that look alike. Raises Unkeepable."""
    text = tidy(text)
    if text.isascii():
        if "\n" in text or "\r" in text or "\t" in text:
            raise Unkeepable(_("must be on one line"))
        return text
    if not text.isprintable() and not JOINERS.search(text):
        raise Unkeepable(_("must be on one line"))
    text = JOINERS.sub("", text)
    scripts = {unicodedata.name(letter, "").split(" ")[0] for letter in text if letter.isalpha()}
    alike = sorted(scripts.intersection(SCRIPTS_THAT_LOOK_ALIKE))
    if len(alike) > 1:
        raise Unkeepable(_("mixes letters of %(scripts)s that look alike") % {"scripts": ", ".join(alike).title()})
    return text
