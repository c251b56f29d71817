"""Celery's filesystem transport, made safe for several processes: one folder, no file ever seen half written."""

import os
import time
import uuid
from pathlib import Path
from queue import Empty
from typing import Any

from kombu.transport import filesystem
from kombu.utils.json import dumps, loads


class Channel(filesystem.Channel):
    """Kombu's own creates files under their final name before it writes them, and reads via the system's /tmp."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for folder in (self.data_folder_in, self.data_folder_out, self.control_folder):
            Path(folder).mkdir(parents=True, exist_ok=True)

    def _queue_bind(self, exchange: str, *args: Any) -> None:
        file: Path = self._exchange_file(exchange)  # type: ignore[attr-defined]
        draft = _write_draft(file.parent, "[]")
        try:
            os.link(draft, file)
        except FileExistsError:
            pass
        finally:
            draft.unlink()
        super()._queue_bind(exchange, *args)

    def _put(self, queue: str, payload: Any, **kwargs: Any) -> None:  # type: ignore[override]
        folder = Path(self.data_folder_out)
        # Kombu's naming: sorted by age, told apart by queue.
        _write_draft(folder, dumps(payload)).rename(folder / f"{time.time_ns()}_{uuid.uuid4()}.{queue}.msg")

    def _get(self, queue: str, timeout: float | None = None) -> Any:
        folder = Path(self.data_folder_in)
        for name in sorted(name for name in os.listdir(folder) if name.partition(".")[2] == f"{queue}.msg"):
            mine = folder / f".{uuid.uuid4()}"
            try:
                (folder / name).rename(mine)
            except FileNotFoundError:
                continue  # another worker was first
            text = mine.read_text(encoding="utf-8")
            mine.unlink()
            return loads(text)
        raise Empty


def _write_draft(folder: Path, text: str) -> Path:
    draft = folder / f".{uuid.uuid4()}"
    draft.write_text(text, encoding="utf-8")
    return draft


class Transport(filesystem.Transport):
    Channel = Channel
