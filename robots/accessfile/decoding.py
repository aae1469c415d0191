"""The bytes of an access file as text: what no reader need look at, told first.

Pure.
"""

import re

from robots.accessfile.errors import FileInvalid
from robots.accessfile.problems import shown

MAX_BYTES = 64 * 1024 * 1024
"""Bytes of one file. A line of a permission takes about 25."""

_SAVE = "save it as UTF-8"
_UTF8_BOM = b"\xef\xbb\xbf"
_OTHER_ENCODINGS = (
    (b"\xff\xfe\x00\x00", "UTF-32"),
    (b"\x00\x00\xfe\xff", "UTF-32"),
    (b"\xff\xfe", "UTF-16"),
    (b"\xfe\xff", "UTF-16"),
)
_WITHOUT_BOM = (
    (re.compile(rb"(?:[^\0]\0\0\0)|(?:\0\0\0[^\0])"), "UTF-32"),
    (re.compile(rb"(?:[^\0]\0){2}|(?:\0[^\0]){2}"), "UTF-16"),
)
_CONFLICT = re.compile(r"^(?:<{7}|={7}|>{7}|\|{7})(?=[ \r\n]|\Z)", re.MULTILINE)
_UNPRINTABLE = re.compile(
    "[^\t\n\r\x20-\x7e\xa0-\u2027\u202f-\u2065\u206a-\ud7ff\ue000-\ufefe\uff00-\ufffd"
    "\U00010000-\U0010ffff]"
    "|[\xad\u061c\u180e\u200b\u200e\u200f\u2060-\u2064\U000e0000-\U000e007f]"
    "|\r(?!\n)"
)
"""What YAML takes for no text, or for the end of a line where editors and git see none;
and what turns the direction of writing, or is not seen at all, so that a reviewer sees
another file. Scripts need the joiners U+200C and U+200D."""


def text_of(source: str, content: bytes) -> str:
    """The text of a file, without a byte order mark.

    Raises FileInvalid for one that is too long, is not UTF-8, holds characters that
    are no text, or was left in the middle of a merge.
    """
    if len(content) > MAX_BYTES:
        raise FileInvalid(source, 0, f"at most {MAX_BYTES} bytes can be read")
    text = _decoded(source, content)
    if found := _CONFLICT.search(text):
        raise _at(source, text, found.start(), _merge(found.group()))
    if found := _UNPRINTABLE.search(text):
        raise _at(source, text, found.start(), _escape(found.group()))
    if not text.strip():
        raise FileInvalid(source, 1, "the file is empty")
    return text


def _decoded(source: str, content: bytes) -> str:
    for mark, encoding in _OTHER_ENCODINGS:
        if content.startswith(mark):
            raise FileInvalid(source, 1, _save_as_utf8(encoding))
    if b"\0" in content:
        _refuse_nul(source, content)
    try:
        return content.removeprefix(_UTF8_BOM).decode()
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        byte = error.object[error.start]
        problem = f"byte 0x{byte:02x} is no UTF-8, perhaps Latin-1; {_SAVE}"
        raise FileInvalid(source, line, problem) from None


def _refuse_nul(source: str, content: bytes) -> None:
    start = content[:8]
    for pattern, encoding in _WITHOUT_BOM:
        if pattern.match(start):
            raise FileInvalid(source, 1, _save_as_utf8(encoding))
    line = content.count(b"\n", 0, content.index(b"\0")) + 1
    raise FileInvalid(source, line, "a NUL byte: this is no text file")


def _save_as_utf8(encoding: str) -> str:
    return f"the file looks like {encoding}; {_SAVE}"


def _merge(marker: str) -> str:
    return f"the conflict marker {marker} of a merge that is not finished"


def _escape(character: str) -> str:
    return (
        f"the character U+{ord(character):04X} cannot stand here; YAML takes"
        f" {shown(character)[1:-1]} in double quotes"
    )


def _at(source: str, text: str, position: int, problem: str) -> FileInvalid:
    return FileInvalid(source, text.count("\n", 0, position) + 1, problem)
