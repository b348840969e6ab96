"""Everything Limner refuses or fails at, as one tree. It knows no HTTP beyond the number each family carries.

    LimnerError            500  never raised itself
    ├── InvalidInput       400  the caller must change the request
    ├── Unauthorized       401  the caller must present a valid key
    ├── InsufficientBalance 402 the account must be topped up
    ├── Forbidden          403  the account may not, whatever the request
    ├── NotFound           404  nothing of that name, or it belongs to another account
    ├── NotAllowed         405  the path exists, the method does not
    ├── TooSlow            408  the body stopped coming
    ├── Conflict           409  the thing is no longer as the caller believed
    ├── TooLarge           413  the body is over the limit
    ├── UnsupportedMedia   415  not a kind of file that is taken, or not the kind that it is said to be
    ├── Misdirected        421  under this host name nobody should find this server
    ├── RateLimited        429  the caller must wait ``retry_after_seconds``
    ├── EngineFailed       500  the engine could not make this picture
    ├── BadSettings        500  the operator must change the configuration
    └── Unavailable        503  database or storage cannot be reached

The message is written for the caller; causes travel in ``__cause__`` and go to the log.
"""

from typing import ClassVar


class LimnerError(Exception):
    """``code`` is the envelope's number and the HTTP status."""

    code: ClassVar[int] = 500

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class InvalidInput(LimnerError):
    code = 400


class Unauthorized(LimnerError):
    code = 401


class InsufficientBalance(LimnerError):
    code = 402


class Forbidden(LimnerError):
    code = 403


class NotFound(LimnerError):
    code = 404


class NotAllowed(LimnerError):
    code = 405


class TooSlow(LimnerError):
    code = 408


class Conflict(LimnerError):
    code = 409


class TooLarge(LimnerError):
    code = 413


class UnsupportedMedia(LimnerError):
    code = 415


class Misdirected(LimnerError):
    code = 421


class RateLimited(LimnerError):
    code = 429

    def __init__(self, message: str, retry_after_seconds: int) -> None:
        super().__init__(message)
        self.retry_after_seconds = retry_after_seconds


class EngineFailed(LimnerError):
    code = 500


class BadSettings(LimnerError):
    code = 500


class Unavailable(LimnerError):
    code = 503
