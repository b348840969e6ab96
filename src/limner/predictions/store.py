"""The SQL of predictions and their outputs: compare-and-set, no rules; those are the lifecycle's."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, bindparam, case, func, insert, literal_column, select, update

from limner.db.tables import outputs, predictions
from limner.errors import NotFound
from limner.inputs import ImageInput
from limner.predictions.order import STANDARD_COST
from limner.predictions.prediction import LIVE, Failure, Filtered, Output, Prediction, Status

Key = tuple[str, str]  # account id, prediction id

Changes = Mapping[str, Any]  # column to value

# Literals, not parameters: the databases then see that an index of the unfinished serves.
IS_LIVE = predictions.c.status.in_([literal_column(f"'{status}'") for status in LIVE])
_WITH_OUTPUTS = select(
    predictions, *(column.label(f"output_{column.name}") for column in outputs.c)
).outerjoin_from(predictions, outputs)
# Polls run these; made once, because to make a statement anew takes longer than to run it.
_ONE = _WITH_OUTPUTS.where(
    predictions.c.id == bindparam("prediction"), predictions.c.account_id == bindparam("account")
)
_MANY = _WITH_OUTPUTS.where(predictions.c.id.in_(bindparam("ids", expanding=True)))


def add(tx: Connection, prediction: Prediction, pool: str) -> None:
    row = {
        "id": prediction.id,
        "account_id": prediction.account_id,
        "key_id": prediction.key_id,
        "model_id": prediction.model_id,
        "pool": pool,
        "inputs": dict(prediction.inputs),
        "price_micros": prediction.price_micros,
        "status": prediction.status,
        "attempt": prediction.attempt,
        "created_at": prediction.created_at,
        "expires_at": prediction.expires_at,
        "cost": prediction.cost,
        "queue_tag": prediction.queue_tag,
        "webhook_url": prediction.webhook_url,
        "warnings": list(prediction.warnings),
    }
    tx.execute(_ADD, _AT_FIRST | row)


_ADD = insert(predictions)
_AT_FIRST: dict[str, Any] = {
    "is_in_engine": False,
    "engine_deaths": 0,
    "step": 0,
    "num_steps": 0,
    "error": "",
    "error_code": 0,
    "made_by": "",
    "inference_ms": 0,
    "is_cancelled": False,
    "charged_micros": 0,
    "filtered": [],
}


def find(tx: Connection, account_id: str, prediction_id: str) -> Prediction:
    """A prediction of this account, with its outputs: one statement, on two primary keys. Raises NotFound."""
    rows = tx.execute(_ONE, {"prediction": prediction_id, "account": account_id}).all()
    if not rows:
        raise NotFound(f'there is no prediction "{prediction_id}"')
    return _whole(rows)


def find_many(tx: Connection, keys: Collection[Key]) -> dict[Key, Prediction]:
    """Those of these predictions that there are, with their outputs: one statement, however many."""
    rows: dict[Key, list[Row[Any]]] = {}
    for row in tx.execute(_MANY, {"ids": [prediction_id for _, prediction_id in keys]}):
        rows.setdefault((row.account_id, row.id), []).append(row)
    return {key: _whole(rows[key]) for key in keys if key in rows}


def find_any(tx: Connection, prediction_id: str) -> Prediction | None:
    """A prediction of whichever account: for the worker."""
    rows = tx.execute(_WITH_OUTPUTS.where(predictions.c.id == prediction_id)).all()
    return _whole(rows) if rows else None


def exists(tx: Connection, prediction_id: str) -> bool:
    """Of whichever account."""
    query = select(predictions.c.id).where(predictions.c.id == prediction_id)
    return tx.execute(query).scalar() is not None


def id_that_begins(tx: Connection, letters: str) -> str:
    """Of whichever account; "" where there is none."""
    query = select(predictions.c.id).where(
        predictions.c.id >= letters.ljust(32, "0"), predictions.c.id <= letters.ljust(32, "f")
    )
    return tx.execute(query.limit(1)).scalar() or ""


def find_output(tx: Connection, prediction_id: str, n: int) -> Output:
    """Raises NotFound."""
    query = select(outputs).where(outputs.c.prediction_id == prediction_id, outputs.c.n == n)
    row = tx.execute(query).one_or_none()
    if row is None:
        raise NotFound("there is no such output")
    found = dict(row._mapping)
    del found["prediction_id"]
    return Output(**found)


def swap(tx: Connection, prediction_id: str, attempt: int, changes: Changes) -> bool:
    """Changes an unfinished prediction if this is its attempt still; False, and nothing changed, if not."""
    changed = tx.execute(
        update(predictions)
        .where(predictions.c.id == prediction_id, predictions.c.attempt == attempt, IS_LIVE)
        .values(dict(changes))
    )
    return changed.rowcount == 1


def swap_owner(
    tx: Connection, prediction_id: str, attempt: int, former_owner: str | None, changes: Changes
) -> bool:
    """As ``swap``, if it has this owner or none."""
    is_owner = predictions.c.owner.is_(None) | (predictions.c.owner == former_owner)
    changed = tx.execute(
        update(predictions)
        .where(predictions.c.id == prediction_id, predictions.c.attempt == attempt, IS_LIVE, is_owner)
        .values(dict(changes))
    )
    return changed.rowcount == 1


def add_outputs(tx: Connection, prediction_id: str, delivered: Sequence[Output]) -> None:
    tx.execute(insert(outputs), [asdict(out) | {"prediction_id": prediction_id} for out in delivered])


def own_ids(tx: Connection, account_id: str, prediction_ids: Collection[str]) -> list[str]:
    """Those of these that are this account's predictions: one statement, however many are not."""
    query = select(predictions.c.id).where(predictions.c.id.in_(prediction_ids))
    return list(tx.execute(query.where(predictions.c.account_id == account_id)).scalars())


def request_cancel(tx: Connection, account_id: str, prediction_id: str, now: datetime) -> bool:
    """Asks an unfinished prediction to end; a finished one stays as it is. Locks the row in any case. False
    when this account has no such prediction."""
    first_asked_at = func.coalesce(predictions.c.cancel_requested_at, now)
    changed = tx.execute(
        update(predictions)
        .where(predictions.c.id == prediction_id, predictions.c.account_id == account_id)
        .values(cancel_requested_at=case((IS_LIVE, first_asked_at), else_=predictions.c.cancel_requested_at))
    )
    return changed.rowcount == 1


def mark_cancelled(tx: Connection, prediction_id: str, failure: Failure) -> None:
    """Of one that has failed: that it did so because its caller wished."""
    tx.execute(
        update(predictions)
        .where(predictions.c.id == prediction_id)
        .values(is_cancelled=True, error=failure.text, error_code=failure.code, filtered=[])
    )


def is_cancel_requested(tx: Connection, prediction_id: str) -> bool:
    query = select(predictions.c.cancel_requested_at).where(predictions.c.id == prediction_id)
    return tx.execute(query).scalar() is not None


def lock_expired(tx: Connection, now: datetime, limit: int) -> list[Prediction]:
    """Finished predictions that need be kept no longer, without their outputs; none that somebody else is
    removing."""
    query = select(predictions).where(predictions.c.expires_at <= now, ~IS_LIVE)
    query = query.order_by(predictions.c.expires_at).limit(limit).with_for_update(skip_locked=True)
    return [_prediction(row) for row in tx.execute(query)]


def watch(tx: Connection, prediction_id: str) -> tuple[int, bool] | None:
    """(attempt, whether cancelling is asked for) of an unfinished prediction; None of any other."""
    query = select(predictions.c.attempt, predictions.c.cancel_requested_at)
    row = tx.execute(query.where(predictions.c.id == prediction_id, IS_LIVE)).one_or_none()
    return None if row is None else (row.attempt, row.cancel_requested_at is not None)


def owned_by(tx: Connection, owner: str) -> list[tuple[str, int]]:
    """(id, attempt) of every unfinished prediction that this worker has."""
    query = select(predictions.c.id, predictions.c.attempt).where(predictions.c.owner == owner, IS_LIVE)
    return [(row.id, row.attempt) for row in tx.execute(query)]


def owners(tx: Connection) -> set[str]:
    """The workers that have unfinished predictions."""
    query = select(predictions.c.owner).where(IS_LIVE, predictions.c.owner.is_not(None)).distinct()
    return set(tx.execute(query).scalars())


def count_live(tx: Connection) -> int:
    """How long the queue is, running ones included."""
    return int(tx.execute(select(func.count()).select_from(predictions).where(IS_LIVE)).scalar_one())


def live_ids(tx: Connection) -> set[str]:
    return set(tx.execute(select(predictions.c.id).where(IS_LIVE)).scalars())


def pool_of(tx: Connection, prediction_id: str) -> str:
    return str(tx.execute(select(predictions.c.pool).where(predictions.c.id == prediction_id)).scalar_one())


def _whole(rows: Sequence[Row[Any]]) -> Prediction:
    return _prediction(rows[0], tuple(sorted(map(_output, _with_output(rows)), key=lambda out: out.n)))


def _prediction(row: Row[Any], found: tuple[Output, ...] = ()) -> Prediction:
    return Prediction(
        id=row.id,
        account_id=row.account_id,
        key_id=row.key_id,
        model_id=row.model_id,
        request=ImageInput(**row.inputs),
        inputs=row.inputs,
        status=Status(row.status),
        attempt=row.attempt,
        price_micros=row.price_micros,
        created_at=row.created_at,
        expires_at=row.expires_at,
        cost=STANDARD_COST if row.cost is None else row.cost,
        queue_tag=row.queue_tag,
        owner=row.owner,
        engine_deaths=row.engine_deaths,
        is_in_engine=row.is_in_engine,
        started_at=row.started_at,
        completed_at=row.completed_at,
        inference_ms=row.inference_ms,
        step=row.step,
        num_steps=row.num_steps,
        failure=Failure(row.error, row.error_code),
        charged_micros=row.charged_micros,
        cancel_requested_at=row.cancel_requested_at,
        is_cancelled=row.is_cancelled,
        webhook_url=row.webhook_url,
        made_by=row.made_by,
        warnings=tuple(row.warnings),
        filtered=tuple(Filtered(**one) for one in row.filtered),
        outputs=found,
    )


def _with_output(rows: Sequence[Row[Any]]) -> list[Row[Any]]:
    return [row for row in rows if row.output_n is not None]


def _output(row: Row[Any]) -> Output:
    return Output(
        n=row.output_n,
        object_key=row.output_object_key,
        seed=row.output_seed,
        width=row.output_width,
        height=row.output_height,
        content_type=row.output_content_type,
        size_bytes=row.output_size_bytes,
        is_nsfw=row.output_is_nsfw,
    )
