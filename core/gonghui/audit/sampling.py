"""Sampling: which entries an auditor looks at, drawn so that anybody can draw the same again.

Number after number comes from SHA-256 over "SEED:0", "SEED:1", …, taken as one big number modulo the count of sealed
entries; what was drawn before is passed over.
"""

from __future__ import annotations

import hashlib
from itertools import count


def drawn(seed: str, size: int, last: int) -> list[int]:
    """`size` different numbers of 1 to `last` in the order in which they were drawn; all, where there are fewer."""
    found: dict[int, None] = {}
    for turn in count():
        if len(found) >= min(size, last):
            break
        hashed = hashlib.sha256(f"{seed}:{turn}".encode()).digest()
        found[int.from_bytes(hashed, "big") % last + 1] = None
    return list(found)
