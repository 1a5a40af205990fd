"""How a worker process and its parent talk, and how the worker never outlives it.

A worker ends as soon as its stdin is closed, which the system does when the parent
dies, however it dies. It listens for that before it imports anything that
takes time, so this module imports nothing but the standard library.
"""

from __future__ import annotations

import os
import queue
import signal
import threading
from typing import IO, Any

_SIZE_BYTES = 8


def send(stream: IO[bytes], data: bytes) -> None:
    """Write one message to a raw pipe: its length, then itself."""
    stream.write(len(data).to_bytes(_SIZE_BYTES, "big"))
    view = memoryview(data)
    while view:  # a raw pipe may take a part only
        view = view[stream.write(view) :]


def receive(stream: IO[bytes]) -> bytearray:
    """Read one message.

    Raises:
        EOFError: the other side is gone.
    """
    return _exactly(stream, int.from_bytes(_exactly(stream, _SIZE_BYTES), "big"))


def _exactly(stream: Any, size: int) -> bytearray:
    data = bytearray(size)
    view, at = memoryview(data), 0
    while at < size:
        got = stream.readinto(view[at:])
        if not got:
            raise EOFError
        at += got
    return data


Messages = queue.SimpleQueue[bytearray]


def listen() -> tuple[Messages, IO[bytes]]:
    """Begin to take in what comes through stdin: the messages, and where to answer."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to answer
    answers = os.fdopen(os.dup(1), "wb", buffering=0)
    os.dup2(2, 1)  # nothing that is printed gets between the answers
    messages: Messages = queue.SimpleQueue()
    threading.Thread(target=_listen, args=(messages,), daemon=True).start()
    return messages, answers


def _listen(messages: Messages) -> None:
    """Pass messages on; when the parent is gone, end at once, in the middle of a file too."""
    try:
        with os.fdopen(0, "rb", buffering=0, closefd=False) as stream:
            while True:
                messages.put(receive(stream))
    finally:
        os._exit(0)
