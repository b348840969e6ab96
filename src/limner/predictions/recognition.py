"""Which prediction a picture comes from: what its file says, and what our own rows know of that."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from threading import Semaphore
from typing import IO

from limner.db.database import Database
from limner.inputs import Json
from limner.predictions import store
from limner.provenance.mark import find_mark
from limner.provenance.verifying import Verdict, Verifier

DECODED_AT_ONCE = 2  # a decoded picture may take a quarter of a gigabyte
_DECODERS = Semaphore(DECODED_AT_ONCE)
_ID = re.compile("[0-9a-f]{32}")


@dataclass(frozen=True, slots=True)
class Recognized:
    """``prediction_id`` is what the manifest says, or else whose ``mark`` it is; ``is_known``: it is in the
    database still."""

    verdict: Verdict
    prediction_id: str
    is_known: bool
    mark: str = ""  # the letters in the pixels; looked for where no manifest tells

    def view(self) -> Mapping[str, Json]:
        """For whoever asked, as JSON."""
        verdict = self.verdict
        return {
            "status": verdict.standing,
            "problems": list(verdict.problems),
            "generated": verdict.is_generated,
            "source_type": verdict.source_type,
            "engine": verdict.engine,
            "weights": verdict.weights,
            "software": verdict.software,
            "signer": verdict.signer,
            "made_at": verdict.made_at,
            "prediction_id": self.prediction_id,
            "number": verdict.number,
            "known": self.is_known,
            "mark": self.mark,
        }

    def lines(self) -> list[tuple[str, str]]:
        """For people: what it is called, and what it is; without what the file does not say."""
        verdict = self.verdict
        known = "known here" if self.is_known else "not known here"
        told = {
            "status": str(verdict.standing),
            "problems": ", ".join(verdict.problems),
            "generated": "yes, by a model" if verdict.is_generated else "",
            "engine": verdict.engine,
            "weights": verdict.weights,
            "made at": verdict.made_at,
            "software": verdict.software,
            "signed by": verdict.signer,
            "prediction": f"{self.prediction_id} ({known})" if self.prediction_id else "",
            "picture": str(verdict.number or ""),
            "mark": self.mark,
        }
        return [(name, text) for name, text in told.items() if text]


def recognize(file: IO[bytes], verifier: Verifier, database: Database) -> Recognized:
    """Raises UnsupportedMedia, InvalidInput and DatabaseUnavailable."""
    verdict = verifier.examine(file)
    if verdict.prediction_id:
        return Recognized(verdict, verdict.prediction_id, _is_known(database, verdict.prediction_id))
    with _DECODERS:
        mark = find_mark(file)
    if not mark:
        return Recognized(verdict, "", is_known=False)
    with database.read() as tx:
        prediction_id = store.id_that_begins(tx, mark)
    return Recognized(verdict, prediction_id, bool(prediction_id), mark)


def _is_known(database: Database, prediction_id: str) -> bool:
    if not _ID.fullmatch(prediction_id):  # a manifest of a stranger's may say anything
        return False
    with database.read() as tx:
        return store.exists(tx, prediction_id)
