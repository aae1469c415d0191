"""Where threads take memory from."""

import ctypes
import os

ARENAS = 2
"""Of a process. With one for each of its threads a worker takes some 6 MB more, and its
requests take as long."""

_M_ARENA_MAX = -8
"""glibc's malloc.h."""


def limit_arenas() -> None:
    """Have the threads of this process, and of those that it forks, share arenas.

    glibc gives a thread an arena of its own, and what was freed in it serves no other.
    MALLOC_ARENA_MAX, if somebody set it, counts; other C libraries are left alone.
    """
    libc = ctypes.CDLL(None)
    if hasattr(libc, "mallopt") and "MALLOC_ARENA_MAX" not in os.environ:
        libc.mallopt(_M_ARENA_MAX, ARENAS)
