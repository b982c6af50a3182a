"""Which resources cannot be tried because of others."""

from __future__ import annotations

from collections.abc import Collection, Mapping


def blocked(needs: Mapping[str, Collection[str]], stopped: Collection[str]) -> dict[str, str]:
    """What needs something that is stopped, directly or through others.

    Args:
        needs: By address: the addresses that it refers to or waits for.
        stopped: Addresses that will not be there.

    Returns:
        By address: the nearest stopped one that it needs. The stopped ones themselves are not in it.
    """
    users: dict[str, list[str]] = {}
    for address in sorted(needs):
        for needed in needs[address]:
            users.setdefault(needed, []).append(address)
    found: dict[str, str] = {}
    now = [(address, address) for address in sorted(stopped)]
    while now:
        following = []
        for address, root in now:
            for user in users.get(address, ()):
                if user not in found and user not in stopped:
                    found[user] = root
                    following.append((user, root))
        now = following
    return found
