"""Files of office programs hold the time at which they were written; without it, equal content is equal bytes."""

from __future__ import annotations

import io
import re
import zipfile

# The earliest time of an archive, and the one that documents say of themselves.
_ARCHIVED = (1980, 1, 1, 0, 0, 0)
WRITTEN = "2025-01-01T00:00:00Z"

_PROPERTIES = "docProps/core.xml"
_TIME = re.compile(r"(<dcterms:(created|modified)[^>]*>)[^<]*(?=</dcterms:\2>)")


def without_times(content: bytes) -> bytes:
    """The same document with constant times."""
    packed = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as given, zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as kept:
        for name in given.namelist():
            part = given.read(name)
            if name == _PROPERTIES:
                part = _TIME.sub(rf"\g<1>{WRITTEN}", part.decode("utf-8")).encode("utf-8")
            entry = zipfile.ZipInfo(name, _ARCHIVED)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o600 << 16
            kept.writestr(entry, part)
    return packed.getvalue()
