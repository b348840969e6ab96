"""What the caller's account can spend.

On two paths, because WaveSpeed's documents disagree and clients follow both.
"""

from fastapi import APIRouter, Response

from limner.accounts import Caller
from limner.api.context import BEARER, ByCaller, Context, InContext
from limner.api.envelope import Envelope, success
from limner.api.views import AccountBalanceView, BalanceView
from limner.ledger import balance, micros_to_usd

router = APIRouter(tags=["account"], dependencies=[BEARER])


@router.get("/api/v3/balance", response_model=Envelope[BalanceView])
def read_balance(context: InContext, caller: ByCaller) -> Response:
    """What the account can spend, in dollars: what unfinished predictions may cost is set aside already."""
    return success({"balance": _available_usd(context, caller)})


@router.get("/api/v3/account/balance", response_model=Envelope[AccountBalanceView])
def read_account_balance(context: InContext, caller: ByCaller) -> Response:
    """The same, with its currency."""
    return success({"balance": _available_usd(context, caller), "currency": "USD"})


def _available_usd(context: Context, caller: Caller) -> float:
    with context.runtime.database.read() as tx:
        return micros_to_usd(balance(tx, caller.account_id).available_micros)
