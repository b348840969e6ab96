"""What can be seen of predictions that are not finished: their steps and previews, their places in line, and
how long it may take.

Owns the previews, and the SQL that watches the predictions; changes nothing else of them.
"""

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from statistics import fmean
from typing import NamedTuple

from sqlalchemy import Connection, bindparam, delete, func, insert, select, update

from limner.db.tables import predictions, previews
from limner.predictions.prediction import LIVE, NO_OUTLOOK, Outlook, Status

RECENT = 20  # finished predictions of a pool tell how long one takes

# The columns of a Glance, in its order.
_GLANCE = (
    select(
        predictions.c.id,
        predictions.c.pool,
        predictions.c.status,
        predictions.c.attempt,
        predictions.c.step,
        predictions.c.num_steps,
        predictions.c.started_at,
        func.coalesce(previews.c.step, 0).label("preview_step"),
    )
    .outerjoin_from(predictions, previews)
    .where(predictions.c.id.in_(bindparam("ids", expanding=True)))
)
_JPEGS = select(previews.c.prediction_id, previews.c.jpeg).where(
    previews.c.prediction_id.in_(bindparam("ids", expanding=True))
)
# As the queue takes them; behind those in the queue the ones that wait for their account's level.
_LINE = (
    select(predictions.c.id, predictions.c.pool, predictions.c.status)
    .where(predictions.c.status.in_(LIVE))
    .order_by(predictions.c.queue_tag.is_(None), predictions.c.queue_tag, predictions.c.created_at)
)
_RECENT = (
    select(predictions.c.started_at, predictions.c.completed_at)
    .where(predictions.c.pool == bindparam("pool"), predictions.c.status == Status.COMPLETED)
    .order_by(predictions.c.completed_at.desc())
    .limit(RECENT)
)


class Glance(NamedTuple):
    """As much of a prediction as changes while it is made. A plain tuple: hundreds are made at a time."""

    pool: str
    status: str
    attempt: int
    step: int
    num_steps: int
    started_at: datetime | None
    preview_step: int  # 0: there is no preview


@dataclass(frozen=True, slots=True)
class Survey:
    """One look at all that waits and is worked on, of whichever account."""

    places: Mapping[str, int] = field(
        default_factory=dict
    )  # prediction id -> place in its pool's line, from 1
    waiting: Mapping[str, int] = field(default_factory=dict)  # pool -> how many
    running: Mapping[str, int] = field(default_factory=dict)  # pool -> how many
    seconds: Mapping[str, float] = field(default_factory=dict)  # pool -> what a prediction took of late
    workers: int = 0

    def outlook(self, prediction_id: str, glance: Glance, now: datetime) -> Outlook:
        if glance.status == Status.PROCESSING:
            return Outlook(0, self._rest(glance, now))
        if glance.status != Status.CREATED:
            return NO_OUTLOOK
        place = self.place(prediction_id, glance)
        return Outlook(place, self.wait(glance.pool, place))

    def place(self, prediction_id: str, glance: Glance) -> int:
        """Who is not there yet came after the look, so behind all that were there."""
        if glance.status != Status.CREATED:
            return 0
        return self.places.get(prediction_id) or self.waiting.get(glance.pool, 0) + 1

    def wait(self, pool: str, place: int) -> float:
        """In seconds, to its end. The running ones are half done, on average."""
        if self.workers == 0:
            return 0.0
        ahead = place - 1 + self.running.get(pool, 0) / 2
        return self.seconds.get(pool, 0.0) * (1 + ahead / self.workers)

    def _rest(self, glance: Glance, now: datetime) -> float:
        """By its own pace, once there is one."""
        taken = (now - glance.started_at).total_seconds() if glance.started_at else 0.0
        if glance.step:
            return max(0.0, taken) / glance.step * (glance.num_steps - glance.step)
        return max(0.0, self.seconds.get(glance.pool, 0.0) - taken)


def glance(tx: Connection, prediction_ids: Collection[str]) -> dict[str, Glance]:
    """Those of these predictions that there are: one statement, however many."""
    return {row[0]: Glance(*row[1:]) for row in tx.execute(_GLANCE, {"ids": list(prediction_ids)})}


def read_previews(tx: Connection, prediction_ids: Collection[str]) -> dict[str, bytes]:
    """The JPEGs of those that have one."""
    rows = tx.execute(_JPEGS, {"ids": list(prediction_ids)})
    return {row.prediction_id: row.jpeg for row in rows}


def put_preview(tx: Connection, prediction_id: str, step: int, jpeg: bytes) -> None:
    """In place of the former one. To be called by whoever has the prediction's attempt, and nobody else."""
    row = {"step": step, "jpeg": jpeg}
    changed = tx.execute(update(previews).where(previews.c.prediction_id == prediction_id).values(row))
    if changed.rowcount == 0:
        tx.execute(insert(previews).values(row | {"prediction_id": prediction_id}))


def drop_preview(tx: Connection, prediction_id: str) -> None:
    tx.execute(delete(previews).where(previews.c.prediction_id == prediction_id))


def survey(tx: Connection, num_workers: int) -> Survey:
    """One statement over what is unfinished, and one for each pool that has any."""
    places: dict[str, int] = {}
    waiting: Counter[str] = Counter()
    running: Counter[str] = Counter()
    for prediction_id, pool, status in tx.execute(_LINE):
        if status == Status.PROCESSING:
            running[pool] += 1
        else:
            waiting[pool] += 1
            places[prediction_id] = waiting[pool]
    seconds = {pool: _recent_seconds(tx, pool) for pool in {*waiting, *running}}
    return Survey(places, waiting, running, seconds, num_workers)


def _recent_seconds(tx: Connection, pool: str) -> float:
    """From start to end, of a prediction; 0 when none is known."""
    rows = tx.execute(_RECENT, {"pool": pool}).all()
    return fmean([(row.completed_at - row.started_at).total_seconds() for row in rows] or [0.0])
