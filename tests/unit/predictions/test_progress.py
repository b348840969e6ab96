"""What can be seen of an unfinished prediction: previews that replace each other, the line, the time left."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text
from structlog.testing import capture_logs

from limner.db.database import Database
from limner.predictions import progress
from limner.predictions.prediction import Outlook, Status
from limner.predictions.progress import Glance, Survey
from tests.unit.conftest import OpenWorkplace
from tests.unit.workplace import Workplace

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
WAITING = Glance("nano", "created", 1, 0, 0, None, 0)
AT_WORK = Glance("nano", "processing", 1, 5, 20, NOW - timedelta(seconds=10), 5)
SURVEY = Survey({"a": 1, "b": 2}, {"nano": 2}, {"nano": 1}, {"nano": 8.0}, 2)


def test_who_waits_has_a_place_and_whoever_came_since_stands_behind() -> None:
    assert [SURVEY.outlook(one, WAITING, NOW).queue_position for one in ("a", "b", "c")] == [1, 2, 3]
    assert SURVEY.outlook("z", WAITING._replace(pool="other"), NOW).queue_position == 1


def test_the_time_left_of_what_waits_is_that_of_those_ahead_and_its_own() -> None:
    # Half a running one and one ahead, shared by two workers; then itself.
    assert SURVEY.outlook("b", WAITING, NOW).eta_seconds == pytest.approx(8 * 1.5 / 2 + 8)
    assert replace(SURVEY, workers=0).outlook("b", WAITING, NOW).eta_seconds == 0  # nobody knows


def test_the_time_left_of_what_is_at_work_goes_by_its_own_pace() -> None:
    assert SURVEY.outlook("a", AT_WORK, NOW).eta_seconds == pytest.approx(30)
    assert SURVEY.outlook("a", AT_WORK._replace(step=20), NOW).eta_seconds == 0
    beginning = AT_WORK._replace(step=0, started_at=NOW - timedelta(seconds=3))
    assert SURVEY.outlook("a", beginning, NOW).eta_seconds == pytest.approx(5)
    late = AT_WORK._replace(started_at=NOW + timedelta(seconds=5))  # by another clock
    assert SURVEY.outlook("a", late, NOW).eta_seconds == 0


def test_a_short_time_left_is_not_shown_as_none() -> None:
    shown = [Outlook(1, seconds).eta_shown for seconds in (0.0, 0.01, 0.1, 0.14, 3.0)]
    assert shown == [0, 0.1, 0.1, 0.2, 3]


def test_what_is_finished_has_nothing_before_it() -> None:
    for status in ("completed", "failed"):
        outlook = SURVEY.outlook("a", AT_WORK._replace(status=status), NOW)
        assert (outlook.queue_position, outlook.eta_seconds) == (0, 0)


def test_a_survey_sees_the_line_and_what_one_took_of_late(open_workplace: OpenWorkplace) -> None:
    workplace = open_workplace()
    database = workplace.runtime.database
    with workplace.working():
        workplace.finish(workplace.submit())
    waiting = [workplace.submit().id for _ in range(3)]
    (pool,) = {spec.engine.pool for spec in workplace.runtime.catalog}
    with database.read() as tx:
        seen = progress.survey(tx, 1)
        glances = progress.glance(tx, [*waiting, "no such prediction"])
    assert seen.places == {prediction_id: place for place, prediction_id in enumerate(waiting, 1)}
    assert (seen.waiting, seen.running) == ({pool: 3}, {})
    assert 0 < seen.seconds[pool] < 30
    assert glances == dict.fromkeys(waiting, Glance(pool, "created", 1, 0, 0, None, 0))


def test_a_preview_takes_the_place_of_the_former(open_workplace: OpenWorkplace) -> None:
    workplace = open_workplace()
    database: Database = workplace.runtime.database
    prediction = workplace.submit()
    for step, jpeg in ((1, b"first"), (4, b"second")):
        with database.begin() as tx:
            progress.put_preview(tx, prediction.id, step, jpeg)
    with database.begin() as tx:
        assert progress.read_previews(tx, [prediction.id]) == {prediction.id: b"second"}
        assert progress.glance(tx, [prediction.id])[prediction.id].preview_step == 4
        progress.drop_preview(tx, prediction.id)
        assert progress.read_previews(tx, [prediction.id]) == {}


def previews(workplace: Workplace) -> list[tuple[str, int]]:
    with workplace.runtime.database.read() as tx:
        return [(row[0], row[1]) for row in tx.execute(text("SELECT prediction_id, step FROM previews"))]


def test_a_worker_leaves_previews_while_it_works_and_none_behind(open_workplace: OpenWorkplace) -> None:
    workplace = open_workplace(options={"step_seconds": "0.1"})
    with workplace.working():
        prediction = workplace.submit()
        workplace.wait(prediction, lambda _: len(previews(workplace)) == 1)
        assert previews(workplace)[0][0] == prediction.id
        assert workplace.finish(prediction).status == Status.COMPLETED
    assert previews(workplace) == []


def test_a_preview_that_cannot_be_made_costs_no_picture(open_workplace: OpenWorkplace) -> None:
    workplace = open_workplace("bad_preview")
    with workplace.working(), capture_logs() as logged:
        assert workplace.finish(workplace.submit()).status == Status.COMPLETED
    assert [entry["log_level"] for entry in logged if entry["event"] == "no preview"] == ["warning"]


def test_where_pictures_are_checked_there_is_no_preview(open_workplace: OpenWorkplace) -> None:
    workplace = open_workplace(options={"step_seconds": "0.05"}, image_checks="red")
    with workplace.working():
        prediction = workplace.submit()
        workplace.wait(prediction, lambda found: found.step > 0)
        assert previews(workplace) == []
        workplace.finish(prediction)
