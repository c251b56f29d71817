"""The queue of files, beside Kombu's own: what ours is for, and that it loses and doubles nothing."""

import os
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import Empty

import pytest
from kombu import Connection
from kombu.transport import filesystem

from paygate import broker

OURS, KOMBUS = "paygate.broker:Transport", "filesystem"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("messages", "control"):  # Kombu's own wants them to exist
        (tmp_path / name).mkdir()
    return tmp_path


@pytest.fixture
def connect(folder):
    opened = []

    def connect(transport: str) -> Connection:
        options = {
            "data_folder_in": str(folder / "messages"),
            "data_folder_out": str(folder / "messages"),
            "control_folder": str(folder / "control"),
        }
        opened.append(Connection("filesystem://localhost", transport=transport, transport_options=options))
        return opened[-1]

    yield connect
    for connection in opened:
        connection.release()


def messages(folder: Path) -> list[str]:
    return [path.read_text(encoding="utf-8") for path in (folder / "messages").glob("*.msg")]


@pytest.mark.parametrize(("transport", "seen"), [(KOMBUS, [""]), (OURS, [])])
def test_no_message_is_seen_before_it_is_whole(connect, folder, monkeypatch, transport, seen):
    during = []

    def look(payload):
        during.extend(messages(folder))
        return '"whole"'

    monkeypatch.setattr(filesystem, "dumps", look)
    monkeypatch.setattr(broker, "dumps", look)
    connect(transport).default_channel._put("bells", {"ring": 1})

    assert during == seen
    assert messages(folder) == ['"whole"']


@pytest.mark.parametrize(("transport", "leaves_the_folder"), [(KOMBUS, True), (OURS, False)])
def test_reading_stays_in_the_data_directory(connect, tmp_path, monkeypatch, transport, leaves_the_folder):
    moved = []
    rename = os.rename
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "system"))
    (tmp_path / "system").mkdir()
    monkeypatch.setattr(os, "rename", lambda source, target: (moved.append(str(target)), rename(source, target)))
    channel = connect(transport).default_channel
    channel._put("bells", {"ring": 1})

    assert channel._get("bells") == {"ring": 1}
    assert any(target.startswith(str(tmp_path / "system")) for target in moved) == leaves_the_folder


def test_messages_come_in_their_order_and_to_their_queue(connect):
    sender, receiver = connect(OURS).default_channel, connect(OURS).default_channel
    for number in range(3):
        sender._put("bells", number)
    sender._put("doors", "other")

    assert [receiver._get("bells") for _ in range(3)] == [0, 1, 2]
    assert receiver._get("doors") == "other"
    with pytest.raises(Empty):
        receiver._get("bells")


def test_each_message_is_read_by_one_worker(connect):
    sender = connect(OURS).default_channel
    for number in range(200):
        sender._put("bells", number)

    def read(channel) -> list[int]:
        got = []
        try:
            while True:
                got.append(channel._get("bells"))
        except Empty:
            return got

    with ThreadPoolExecutor(4) as pool:
        results = list(pool.map(read, [connect(OURS).default_channel for _ in range(4)]))
    assert sorted(number for got in results for number in got) == list(range(200))


def test_nothing_stays_behind(connect, folder):
    with connect(OURS).SimpleQueue("bells") as queue:
        queue.put({"ring": 1})
        queue.get(timeout=5).ack()
    assert list((folder / "messages").iterdir()) == []
    assert [path.name for path in (folder / "control").iterdir()] == ["bells.exchange"]


def test_the_folders_are_made_when_they_are_missing(connect, folder):
    for name in ("messages", "control"):
        (folder / name).rmdir()
    connect(OURS).default_channel._put("bells", 1)
    assert messages(folder) == ["1"]
