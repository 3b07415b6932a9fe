"""Decided lines shared out to several writers, so that none of them waits for a row of another's."""

from collections import Counter
from collections.abc import Collection, Sequence


def parted(
    accounts: Sequence[Collection[int]], *, count: int, first: Collection[int] = (), load: int = 0
) -> list[list[int]]:
    """The places of the lines in so many parts of about one size that have no account in common.

    `accounts` are those whose items each line settles, or whose money it is. `first` are places of lines that belong to
    the first part, which has a `load` of so many lines besides. Lines of accounts 1, 1 and 2, 2 and 3, 4 in two parts:
    [2, 2 and 3] and [1, 1], [4] to either: what one line ties together stays together.
    """
    above: dict[int, int] = {}

    def top(account: int) -> int:
        while above.setdefault(account, account) != account:
            above[account] = above[above[account]]
            account = above[account]
        return account

    for tied in accounts:
        if len(tied) > 1:
            one, *others = tied
            for other in others:
                above[top(other)] = top(one)
    tops = [next(iter(tied)) for tied in accounts]
    if above:
        tops = [top(one) if one in above else one for one in tops]
    sizes = Counter(tops)
    loads = [load] + [0] * (count - 1)
    part_of = dict.fromkeys((tops[place] for place in first), 0)
    loads[0] += sum(sizes[one] for one in part_of)
    for group, size in sizes.most_common():
        if group not in part_of:
            part_of[group] = lightest = loads.index(min(loads))
            loads[lightest] += size
    parts: list[list[int]] = [[] for _ in range(count)]
    for place, one in enumerate(tops):
        parts[part_of[one]].append(place)
    return parts
