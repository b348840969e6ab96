"""What a worker lets others see of its work: whose request it is in every line of the log, a span for each
part of it, and figures.
"""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime

from opentelemetry.trace import SpanKind
from structlog.contextvars import bound_contextvars

from limner.inputs import size_in_pixels
from limner.predictions.making import Making
from limner.predictions.prediction import Prediction
from limner.telemetry.figures import Figures
from limner.telemetry.tracing import TRACER, Origin, record_wait
from limner.webhooks.sending import Outcome


class Observer:
    """Of one worker. An origin is what ``Queue`` carries beside an entry: "" where nobody knows it."""

    def __init__(self) -> None:
        self.figures = Figures()

    def attempt(self, prediction_id: str, origin: str) -> AbstractContextManager[None]:
        return _following(origin, "generate", prediction_id=prediction_id)

    def begun(self, prediction: Prediction, origin: str, now: datetime) -> None:
        attributes = {"limner.prediction_id": prediction.id, "limner.model": prediction.model_id}
        record_wait(Origin.parse(origin).context, prediction.created_at, now, attributes)
        if prediction.attempt == 1:  # a later one was picked up before
            seconds = (now - prediction.created_at).total_seconds()
            self.figures.pickup.labels(prediction.model_id).observe(max(0.0, seconds))

    def made(self, making: Making) -> None:
        """When the attempt is over, however."""
        prediction = making.prediction
        if making.engine_seconds:
            width, height = size_in_pixels(prediction.request.aspect_ratio, prediction.request.resolution)
            of_size = self.figures.engine.labels(prediction.model_id, f"{width}x{height}")
            of_size.observe(making.engine_seconds)
        self.figures.finished.labels(prediction.model_id, making.outcome or "lost").inc()

    def delivery(self, delivery_id: str, origin: str) -> AbstractContextManager[None]:
        return _following(origin, "deliver", delivery_id=delivery_id)

    def sent(self, outcome: Outcome | None) -> None:
        """None: there was nothing to send any more."""
        if outcome is not None:
            refused = "unanswered" if outcome.http_status is None else "refused"
            self.figures.webhooks.labels("delivered" if outcome.is_delivered else refused).inc()


@contextmanager
def _following(origin: str, name: str, **ids: str) -> Iterator[None]:
    """A span of this name, and the ids in every line of the log, as a part of what the origin began."""
    known = Origin.parse(origin)
    attributes = {f"limner.{key}": value for key, value in ids.items()}
    with (
        bound_contextvars(**ids, **known.names),
        TRACER.start_as_current_span(name, known.context, SpanKind.CONSUMER, attributes),
    ):
        yield
