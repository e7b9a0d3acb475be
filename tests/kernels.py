"""Kernels of OpenBLAS that this processor can run besides the one that it runs by itself, best first, a line each.

The last bits of every sum depend on the kernel; no result may. `make kernels` runs tests under the first one named here, by
the variable OPENBLAS_CORETYPE, which OpenBLAS reads when numpy is imported.
"""

from __future__ import annotations

import numpy  # noqa: F401  (loads its OpenBLAS, which threadpool_info then sees)
from numpy._core._multiarray_umath import __cpu_features__ as features
from threadpoolctl import threadpool_info

# What each kernel needs, in numpy's names.
_NEEDS = {"SkylakeX": "AVX512_SKX", "Haswell": "AVX2", "Sandybridge": "AVX", "Nehalem": "SSE42"}


def others() -> list[str]:
    """Names of kernels other than the one in use; none where numpy's linear algebra is not OpenBLAS on an x86 processor."""
    used = {str(one.get("architecture", "")).lower() for one in threadpool_info() if one.get("internal_api") == "openblas"}
    used |= {"haswell"} if "zen" in used else set()  # Zen runs the same kernels
    return [name for name, need in _NEEDS.items() if used and features.get(need) and name.lower() not in used]


if __name__ == "__main__":
    print("\n".join(others()))
