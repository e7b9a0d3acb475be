"""results.json: every row of every analysis, after disclosure, with the provenance of the numbers."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from importlib import metadata, resources
from pathlib import Path
from typing import Any

import msgspec

from ..core.files import write_text
from ..core.results import COLUMNS
from ..core.vocabulary import vocabulary
from ..present.released_rows import ReleasedRows
from ..survey.checksum import counts_sha256
from ..survey.instrument import instrument_source, load_instrument
from ..survey.released import ReleasedAnswers
from ..survey.scale import Instrument
from ..survey.unreleased import refuse_unreleased

SCHEMA = 1


def schema() -> dict[str, Any]:
    """The JSON schema (draft 2020-12) that every results.json fulfils."""
    text = resources.files(__package__).joinpath("results.schema.json").read_text(encoding="utf-8")
    return dict(json.loads(text))


def provenance(
    answers: ReleasedAnswers,
    *,
    seed: int,
    settings: Mapping[str, Any],
    instrument: str | Path | None = None,
    codebook: str | Path | None = None,
) -> dict[str, Any]:
    """Where the numbers come from: package, checksums of the released counts, of instrument and codebook, settings, seed; those
    of the files, which hold everybody's answers, only under a policy that withholds nobody."""
    refuse_unreleased(answers, "results.json")
    account = answers.account
    return {
        "package": {"name": "omstilling_psychometrics", "version": metadata.version("omstilling-psychometrics")},
        "schema": SCHEMA,
        "files": [{"name": source.name, "sha256": source.sha256} for source in account.sources] if account else [],
        "rows": {
            "read": account.rows_read,
            "analysed": account.rows_analysed,
            "left_out": dict(account.left_out),
            "notes": list(account.notes),
        }
        if account
        else None,
        "counts": {"sha256": counts_sha256(answers), "answers": answers.n},
        "instrument": {"key": answers.instrument.key, "sha256": _instrument_sha256(answers.instrument, instrument)},
        "codebook": None if codebook is None else {"sha256": hashlib.sha256(Path(codebook).read_bytes()).hexdigest()},
        "settings": dict(settings),
        "seed": seed,
    }


def _instrument_sha256(instrument: Instrument, path: str | Path | None) -> str:
    """Of the file's bytes; of the declared content where the instrument did not come from a file."""
    if path is not None or instrument == load_instrument():
        return hashlib.sha256(instrument_source(path)[0]).hexdigest()
    return hashlib.sha256(msgspec.json.encode(instrument)).hexdigest()


def document(rows: ReleasedRows, origin: Mapping[str, Any]) -> dict[str, Any]:
    """The content of results.json; notes in English words."""
    refuse_unreleased(rows, "results.json")
    words = vocabulary("en")
    results = [{**{name: row[name] for name in COLUMNS}, "note": row["note"] and words.note(row["note"])} for row in rows]
    return {"schema": SCHEMA, "provenance": dict(origin), "results": results}


def write_results(path: str | Path, rows: ReleasedRows, origin: Mapping[str, Any]) -> None:
    """Write the document as JSON, one row of results a line; keys in order, so equal documents are equal bytes."""
    content = document(rows, origin)

    def dump(value: object, indent: int | None = None) -> str:
        return json.dumps(value, ensure_ascii=False, allow_nan=False, indent=indent)

    lines = ",\n".join(f"  {dump(row)}" for row in content["results"])
    head = dump({"schema": content["schema"], "provenance": content["provenance"]}, indent=1)[:-2]
    write_text(path, f'{head},\n "results": [\n{lines}\n ]\n}}\n')
