"""Batches made ahead, by as many processes as there are cores for: a GPU waits for nothing but rendering."""

from collections.abc import Callable, Iterator

from torch import Tensor
from torch.utils.data import DataLoader, IterableDataset, get_worker_info

Batch = dict[str, Tensor]
MadeFrom = Callable[[int, int], Iterator[Batch]]
"""From the first step on, every how manieth: the batches."""

AHEAD = 4  # batches of each process


class Steps(IterableDataset[Batch]):
    """The batches of all steps from ``first`` on; of several processes each makes its share, in turns."""

    def __init__(self, made_from: MadeFrom, first: int) -> None:
        self._made_from, self._first = made_from, first

    def __iter__(self) -> Iterator[Batch]:
        worker = get_worker_info()
        if worker is None:
            return self._made_from(self._first, 1)
        return self._made_from(self._first + worker.id, worker.num_workers)


def fed(made_from: MadeFrom, first: int, processes: int, is_pinned: bool) -> Iterator[Batch]:
    """The batches in the order of their steps, whatever the number of ``processes``; 0 makes them here."""
    if not processes:
        return made_from(first, 1)
    loader = DataLoader(
        Steps(made_from, first),
        batch_size=None,
        num_workers=processes,
        prefetch_factor=AHEAD,
        pin_memory=is_pinned,
    )
    return iter(loader)
