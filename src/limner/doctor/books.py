"""Whether the money adds up: rows against transfers, holds against work.

Transfers are the truth; whatever differs from them is made to agree. What was held for work that is over is
given back. Nothing here ever takes money.
"""

from functools import partial

from limner import ledger
from limner.doctor.finding import Ailment, NotFixed, Report
from limner.doctor.twice import seen_twice
from limner.ledger import MICROS_PER_DOLLAR
from limner.predictions import lifecycle, store, turns
from limner.predictions.admission import purpose_of
from limner.predictions.prediction import Failure, FailureCode
from limner.runtime import Runtime

NO_HOLD = Failure("The price of this request was no longer held; nothing was charged.", FailureCode.INTERNAL)


def check_rows(runtime: Runtime) -> Report:
    with runtime.database.read() as tx:
        unbalanced, overdrawn = ledger.unbalanced_accounts(tx), ledger.overdrawn_accounts(tx)
        miscounted = turns.miscounted(tx)
    ailments = [
        *(
            Ailment("its row is not its transfers", one, partial(_restore, runtime, one))
            for one in unbalanced
        ),
        *(Ailment("more is held than it has", one) for one in set(overdrawn) - set(unbalanced)),
        *(
            Ailment("its row counts other predictions", one, partial(_recount, runtime, one))
            for one in miscounted
        ),
    ]
    return Report("every account's row is the sum of its transfers", ailments)


def check_holds(runtime: Runtime) -> Report:
    """Money held for what is over, and work that nothing is held for."""
    wrong = seen_twice(lambda: _mismatches(runtime))
    ailments = []
    for prediction_id, is_held in sorted(wrong):
        if is_held:
            text, fix = "finished, and money is held for it", partial(_release, runtime, prediction_id)
        else:
            text, fix = "unfinished, and nothing is held for it", partial(_fail, runtime, prediction_id)
        ailments.append(Ailment(text, prediction_id, fix))
    return Report("money is held for unfinished predictions, and for nothing else", ailments)


def _mismatches(runtime: Runtime) -> set[tuple[str, bool]]:
    with runtime.database.read() as tx:
        live, held = store.live_ids(tx), ledger.open_holds(tx)
    return {(one, True) for one in held - live} | {(one, False) for one in live - held}


def _restore(runtime: Runtime, account_id: str) -> str:
    with runtime.database.begin() as tx:
        balance = ledger.restore_row(tx, account_id)
    dollars = ledger.micros_to_usd(balance.settled_micros), ledger.micros_to_usd(balance.held_micros)
    return "it says {:.6f} settled and {:.6f} held now".format(*dollars)


def _recount(runtime: Runtime, account_id: str) -> str:
    with runtime.database.begin() as tx:
        live, active = turns.recount(tx, account_id)
    return f"it counts {live} unfinished and {active} with a place now"


def _release(runtime: Runtime, prediction_id: str) -> str:
    with runtime.database.begin() as tx:
        if prediction_id in store.live_ids(tx):
            raise NotFixed("it is unfinished again")
        rest = ledger.release_rest(tx, prediction_id, runtime.clock.now())
    if not rest:
        raise NotFixed("a part of it was given back before; look at its transfers")
    return f"{rest / MICROS_PER_DOLLAR:.6f} given back"


def _fail(runtime: Runtime, prediction_id: str) -> str:
    """What nothing is held for would be delivered for nothing, or its price taken from another's hold. It is
    held anew, so that failing can give it back."""
    now = runtime.clock.now()
    with runtime.database.begin() as tx:
        prediction = store.find_any(tx, prediction_id)
        if prediction is None or prediction.is_terminal:
            return "it is over by now"
        if ledger.is_captured(tx, prediction_id):
            raise NotFixed("it is unfinished, and charged already; look at its transfers")
        purpose = purpose_of(prediction, prediction.request.num_images)
        ledger.hold(tx, prediction.account_id, prediction.held_micros, purpose, now)
        lifecycle.fail(tx, prediction, NO_HOLD, runtime.queue, now)
    return "failed, free of charge"
