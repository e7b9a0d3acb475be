"""One notebook, executed in a kernel of this Python, with nothing in it that depends on when or where it ran."""

from __future__ import annotations

import asyncio
import atexit
import logging
import os
import re
import tempfile
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any, cast

from ..core.errors import DataError
from .parameters import tags
from .shelf import Notebook

# Seconds for one cell: far above what any takes, below forever.
_LIMIT = 3600

_KERNEL = {"display_name": "Python 3", "language": "python", "name": "python3"}
_LANGUAGE = {"file_extension": ".py", "mimetype": "text/x-python", "name": "python", "pygments_lexer": "ipython3"}


def execute(notebook: Notebook, *, name: str, folder: Path) -> Notebook:
    """The notebook with the outputs of its cells, run in `folder`. Raises DataError naming notebook and cell where one fails.

    The kernel is this interpreter, whatever others are installed; startup files and history of a user play no part; linear
    algebra gets one thread, so that numbers do not depend on how many the machine has.
    """
    from jupyter_client.kernelspec import KernelSpecManager
    from jupyter_client.manager import AsyncKernelManager
    from nbclient import NotebookClient
    from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError

    with tempfile.TemporaryDirectory() as run_folder:
        manager = AsyncKernelManager(
            kernel_name="python3",
            kernel_spec_manager=KernelSpecManager(kernel_dirs=[]),
            connection_file=str(Path(run_folder, "kernel.json")),
            transport="ipc" if os.name == "posix" else "tcp",  # sockets in a folder of ours: no port that others can reach
        )
        client = NotebookClient(
            notebook,
            km=manager,
            timeout=_LIMIT,
            record_timing=False,
            resources={"metadata": {"path": str(folder)}},
            log=_silent(),
        )
        try:
            _run(client, manager, _environment(run_folder))
        except CellExecutionError as error:
            raise DataError(f"notebook {name} stopped in {_where(notebook)}: {_reason(error)}") from error
        except (CellTimeoutError, DeadKernelError) as error:
            raise DataError(f"notebook {name} stopped in {_where(notebook)}: {str(error).strip()}") from error
    return tidied(notebook, name)


def _silent() -> logging.Logger:
    """A logger that says nothing: whatever stops a notebook is raised, and told once."""
    logger = logging.Logger("nbclient")
    logger.addHandler(logging.NullHandler())
    return logger


def _run(client: Any, manager: Any, environment: dict[str, str]) -> None:
    """Execute in a thread of its own, where nbclient answers no signals: what interrupts us here ends the kernel too."""
    begun: Future[tuple[asyncio.AbstractEventLoop, asyncio.Task[None]]] = Future()

    async def execution() -> None:
        begun.set_result((asyncio.get_running_loop(), cast("asyncio.Task[None]", asyncio.current_task())))
        try:
            await client.async_execute(cleanup_kc=True, env=environment)
        finally:
            # What nbclient leaves behind when it is stopped before the kernel is there.
            atexit.unregister(client._cleanup_kernel)
            if client.kc is not None:
                client.kc.stop_channels()
            if manager.has_kernel:
                await manager.shutdown_kernel(now=True)

    with ThreadPoolExecutor(max_workers=1) as pool:
        running = pool.submit(lambda: asyncio.run(execution()))
        try:
            running.result()
        except BaseException:
            if not running.done():  # the execution goes on, only we were interrupted
                client.shutdown_kernel = "immediate"
                loop, task = begun.result()
                loop.call_soon_threadsafe(task.cancel)
            raise


def _environment(run_folder: str) -> dict[str, str]:
    threads = dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"), "1")
    private = {"IPYTHONDIR": run_folder, "PYTHONHASHSEED": "0", "PYTHONSAFEPATH": "1", "MPLBACKEND": "agg"}
    return {**os.environ, **threads, **private}


def _where(notebook: Notebook) -> str:
    """The cell in which execution ended, as Jupyter numbers it, and how it begins."""
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    begun = [cell for cell in code if cell.execution_count is not None or cell.outputs]
    failed = next((cell for cell in reversed(begun)), code[0])
    start = failed.source.strip().splitlines()[0] if failed.source.strip() else ""
    return f"cell [{code.index(failed) + 1}] ('{start[:60]}')"


def _reason(error: Exception) -> str:
    """The last line of the kernel's traceback, which names the error and says what it was about."""
    lines = re.sub(r"\x1b\[[0-9;]*m", "", str(error)).strip().splitlines()
    return lines[-1] if lines else type(error).__name__


def tidied(notebook: Notebook, name: str) -> Notebook:
    """The notebook with fixed metadata: no versions, no times, cells named by their place."""
    notebook.metadata = type(notebook)(kernelspec=dict(_KERNEL), language_info=dict(_LANGUAGE))
    notebook.nbformat, notebook.nbformat_minor = 4, 5
    for place, cell in enumerate(notebook.cells, start=1):
        cell.id = f"{name[:2]}-{place:02d}"
        kept = tags(cell)
        cell.metadata = type(notebook)(tags=list(kept)) if kept else type(notebook)()
        for output in cell.get("outputs", ()):
            if "metadata" in output:  # of what is shown, such as the description of a figure; never of when it was
                output.metadata = {key: value for key, value in output.metadata.items() if "/" in key}
    return notebook
