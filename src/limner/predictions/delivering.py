"""One attempt to tell a webhook that a prediction is finished: what is told, sent, and recorded.

What is told is the prediction as it is now, bare, without the envelope (contract section 9). Knows no queue
and no process. Whatever the receiver does, the attempt is recorded; only the database's failure is raised.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from itertools import count

import structlog
from sqlalchemy import Connection

from limner.db.database import Database, DatabaseUnavailable
from limner.errors import InvalidInput
from limner.inputs import ImageInput, Json
from limner.predictions import patience, store
from limner.predictions.prediction import Prediction, Status, public_view
from limner.storage import Storage, StorageUnavailable
from limner.webhooks import delivery
from limner.webhooks.addresses import parse_target
from limner.webhooks.delivery import RETRY_SECONDS, Enqueue
from limner.webhooks.sending import Outcome, Sender
from limner.webhooks.signing import signed_headers
from limner.webhooks.store import Delivery, Event

TEST_MODEL = "webhook/test"
TEST_PROMPT = "This is a test of your webhook; no picture was made."
DELETED = "the prediction was deleted"

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Courier:
    """What every attempt is made with."""

    database: Database
    storage: Storage
    public_url: str
    sender: Sender
    enqueue: Enqueue
    clock: Callable[[], datetime]
    retry_seconds: Sequence[float] = RETRY_SECONDS
    patience_seconds: float = 0.0  # with a database that cannot be reached

    def run(self, delivery_id: str, number: int) -> Outcome | None:
        """Makes this attempt; None when it is no longer to be made. Raises DatabaseUnavailable."""
        found = self._begin(delivery_id, number)
        if found is None:
            return None
        begun, secrets = found
        outcome = self._attempt(begun, secrets)
        log.info(
            "webhook sent",
            delivery_id=delivery_id,
            prediction_id=begun.prediction_id,
            number=number,
            error=outcome.error,
        )
        self._finish(begun, outcome)
        return outcome

    def _begin(self, delivery_id: str, number: int) -> tuple[Delivery, list[str]] | None:
        """With the secrets that sign it. Begun without anybody being told, it is nobody's any more: then it
        is rescued, as from a dead worker."""
        tries, now = count(), self.clock()

        def begin(tx: Connection) -> tuple[Delivery, list[str]] | None:
            is_repeated = next(tries) > 0
            begun = delivery.begin(tx, delivery_id, number)
            if begun is not None:
                return begun, delivery.valid_secrets(tx, begun.account_id, now)
            if is_repeated:
                delivery.rescue(tx, delivery_id, number, self.enqueue, now)
            return None

        return patience.write(self.database, begin, self.patience_seconds)

    def _finish(self, begun: Delivery, outcome: Outcome) -> None:
        now = self.clock()

        def finish(tx: Connection) -> None:
            delivery.finish(tx, begun, outcome, self.enqueue, now, self.retry_seconds)

        patience.write(self.database, finish, self.patience_seconds)

    def _attempt(self, begun: Delivery, secrets: Sequence[str]) -> Outcome:
        try:
            target = parse_target(begun.url, "webhook", self.sender.allow_private)
            body = self._body(begun)
            headers = signed_headers(secrets, begun.webhook_id, self.clock(), body)
            return self.sender.post(target, headers, body)
        except (InvalidInput, StorageUnavailable) as error:
            return Outcome(None, error.message, 0)
        except DatabaseUnavailable:
            raise
        except Exception as error:  # of whatever kind: an attempt that is not recorded would be made for ever
            log.error("webhook not sent", delivery_id=begun.id, exc_info=error)
            return Outcome(None, "it could not be sent; the server's log says why", 0)

    def _body(self, begun: Delivery) -> bytes:
        """Raises InvalidInput when there is nothing left to tell."""
        if begun.event == Event.TEST:
            return _compact(self._view(_sample(begun)) | {"test": True})
        assert begun.prediction_id is not None, "every other event is a prediction's"
        prediction = patience.patiently(partial(self._find, begun.prediction_id), self.patience_seconds)
        if prediction is None:
            raise InvalidInput(DELETED)
        return _compact(self._view(prediction))

    def _find(self, prediction_id: str) -> Prediction | None:
        with self.database.read() as tx:
            return store.find_any(tx, prediction_id)

    def _view(self, prediction: Prediction) -> dict[str, Json]:
        return public_view(prediction, self.public_url, self.storage)


def _sample(test: Delivery) -> Prediction:
    """A prediction that never was, complete but for its pictures."""
    return Prediction(
        id=test.webhook_id,
        account_id=test.account_id,
        key_id="",
        model_id=TEST_MODEL,
        request=ImageInput(prompt=TEST_PROMPT),
        inputs={"prompt": TEST_PROMPT},
        status=Status.COMPLETED,
        attempt=1,
        price_micros=0,
        created_at=test.created_at,
        expires_at=test.created_at,
        started_at=test.created_at,
        completed_at=test.created_at,
    )


def _compact(view: Json) -> bytes:
    return json.dumps(view, ensure_ascii=False, separators=(",", ":")).encode()
