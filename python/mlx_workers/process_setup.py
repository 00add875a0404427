"""What every worker process does about itself first: signals, its parent's death, no network. Knows no models."""

import ctypes
import os
import signal
import sys
import threading

_PR_SET_PDEATHSIG = 1


def set_up_process() -> None:
    """Call on the main thread before any other thread starts: threads inherit the signal mask made here."""
    _die_with_parent()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
    threading.Thread(target=_exit_on_terminate, name="terminate", daemon=True).start()
    os.environ["HF_HUB_OFFLINE"] = "1"
    os.environ["TRANSFORMERS_OFFLINE"] = "1"
    os.environ["TOKENIZERS_PARALLELISM"] = "false"


def set_title(worker_id: str) -> None:
    """The name in `ps`, by which a later server recognises workers that a dead one left."""
    from setproctitle import setproctitle

    setproctitle(f"mlx-server-v3-{worker_id}")


def _exit_on_terminate() -> None:
    """A thread of its own, since a Python signal handler would wait for the native call of the engine thread."""
    signal.sigwait({signal.SIGTERM})
    os._exit(0)


def _die_with_parent() -> None:
    """Linux only; elsewhere the end of standard input alone tells that the server is gone."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
