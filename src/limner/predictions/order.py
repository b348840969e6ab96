"""The order in the queue: a number for each prediction, the lowest first, then the eldest.

Fair between accounts, as start-time fair queueing (Goyal, Vin, Cheng 1996): an account's predictions follow
one another at the distance of their cost, and one that comes anew begins where the queue is now; there cheap
ones go a little before dear ones. Nobody waits for ever:

- What is begun is the lowest there is, and whoever comes afterwards is given more than that. So what is begun
  never falls back (but for what is rescued), and a number is given out only until it is begun.
- Hence between what is begun now and a prediction of number ``t`` there is only so much: for each number in
  between no more than the queue holds at once; and of each account no more than the distance over its costs.
  Who comes anew is at most three numbers away.

Pure: knows no database and no clock. ``turns`` asks it, and so does the simulation of a fleet.
"""

from dataclasses import dataclass

STANDARD_COST = 10  # of one picture of 1024 x 1024 pixels at the standard effort
NEWCOMERS_DISTANCE = 3  # from where the queue is now, at the most
FIRST_TAG = 1
LAST_TAG = 2**31 - 1  # what the queue can count to; from there on, first come, first served


@dataclass(frozen=True, slots=True)
class Sight:
    """What a newcomer finds in its queue, as tags; None where there is none.

    What was begun counts even when it is finished, as long as somebody waits who was there before it began:
    so an account that comes back again and again with a single prediction does not always start anew, before
    whoever waits. When nobody has waited for so long nothing was overtaken, and it is forgotten.
    """

    newest_at_work: int | None = None
    first_waiting: int | None = None
    last_begun: int | None = None
    own_last: int | None = None  # of the same account: waiting or at work
    own_last_begun: int | None = None

    @property
    def present(self) -> int:
        """Where the queue is now."""
        reached = [tag for tag in (self.newest_at_work, self.last_begun) if tag is not None]
        if reached:
            return max(reached)
        return 0 if self.first_waiting is None else max(0, self.first_waiting - NEWCOMERS_DISTANCE)


def tag(sight: Sight, cost: int) -> int:
    """The place in the queue of a prediction of this cost, at least 1."""
    place = sight.present + min(1 + 2 * cost // STANDARD_COST, NEWCOMERS_DISTANCE)
    own = [one for one in (sight.own_last, sight.own_last_begun) if one is not None]
    if own:
        place = max(place, max(own) + cost)
    return max(FIRST_TAG, min(place, LAST_TAG))
