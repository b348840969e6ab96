"""Which prediction a picture comes from: what its file says, and what our own rows know of that."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import IO

from limner.db.database import Database
from limner.inputs import Json
from limner.predictions import store
from limner.provenance.verifying import Verdict, Verifier

_ID = re.compile("[0-9a-f]{32}")


@dataclass(frozen=True, slots=True)
class Recognized:
    """``is_known``: the prediction is in the database still."""

    verdict: Verdict
    is_known: bool

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
            "prediction_id": verdict.prediction_id,
            "number": verdict.number,
            "known": self.is_known,
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
            "prediction": f"{verdict.prediction_id} ({known})" if verdict.prediction_id else "",
            "picture": str(verdict.number or ""),
        }
        return [(name, text) for name, text in told.items() if text]


def recognize(file: IO[bytes], verifier: Verifier, database: Database) -> Recognized:
    """Raises UnsupportedMedia, InvalidInput and DatabaseUnavailable."""
    verdict = verifier.examine(file)
    return Recognized(verdict, _is_known(database, verdict.prediction_id))


def _is_known(database: Database, prediction_id: str) -> bool:
    if not _ID.fullmatch(prediction_id):  # a manifest of a stranger's may say anything
        return False
    with database.read() as tx:
        return store.exists(tx, prediction_id)
