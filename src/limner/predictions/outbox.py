"""What leaves a transaction together with it, or not at all. The lifecycle hands things over here and does
not know what is behind it.
"""

from datetime import datetime
from typing import Protocol

from sqlalchemy import Connection

from limner.predictions.prediction import Prediction


class Outbox(Protocol):
    """Everything is written through ``tx``: a rollback takes it back."""

    def enqueue(self, tx: Connection, prediction_id: str, attempt: int, pool: str, queue_tag: int) -> None:
        """Queues an attempt on a pool; the lowest tag is taken first, the eldest among equals."""

    def announce(self, tx: Connection, prediction: Prediction, now: datetime) -> None:
        """Tells the webhook of a prediction, which has one, that it is finished: ``status`` says how."""
