"""What an account may ask for: its level, and the limits of each (contract 7.5)."""

from enum import StrEnum


class Level(StrEnum):
    BRONZE = "bronze"
    SILVER = "silver"
    GOLD = "gold"
    ULTRA = "ultra"


# Of the predictions only those in the queue or at work count; the others wait.
IMAGES_PER_MINUTE = {Level.BRONZE: 10, Level.SILVER: 500, Level.GOLD: 3_000, Level.ULTRA: 5_000}
CONCURRENT_PREDICTIONS = {Level.BRONZE: 3, Level.SILVER: 100, Level.GOLD: 2_000, Level.ULTRA: 5_000}
# Those that wait count too. Ours: what nobody may fill alone is the queue of 10 000 that all share.
UNFINISHED_PREDICTIONS = {Level.BRONZE: 100, Level.SILVER: 1_000, Level.GOLD: 4_000, Level.ULTRA: 5_000}


def unfinished_limit(level: Level, queue_limit: int) -> int:
    """How many predictions an account of this level may have at once, finished ones aside."""
    return min(UNFINISHED_PREDICTIONS[level], queue_limit)
