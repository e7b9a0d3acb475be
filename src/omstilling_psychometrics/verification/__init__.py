"""Does this installation give the numbers that other packages give? Every reference case, run again here.

    from omstilling_psychometrics.verification import verify

    print(verify())

`peers.py` of a topic says where a stored value of a peer stands, which of our numbers it is, and how close they have to be;
`reference/` holds the data and the values, each with package, version, call and the checksum of its data.
"""

from __future__ import annotations

from .running import Line, Verification, verify

__all__ = ["Line", "Verification", "verify"]
