#!/usr/bin/env python3
"""Opens idle WebSockets through a proxy and prints the proxy's resident memory.

websockets.py HOST_PORT PID COUNT KIND   (KIND: host or path, see routes.lua)

Each WebSocket has carried one message there and back before it idles, so that buffers which a
proxy keeps after use are counted. Prints: open, resident kB before, resident kB after.
"""

import asyncio
import base64
import os
import resource
import sys

ROUTES = int(os.environ["ROUTES"])
AT_ONCE = 64
MESSAGE_TIMEOUT_S = 30


def resident_kb(pid: int) -> int:
    with open(f"/proc/{pid}/status", encoding="ascii") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmRSS:"))


def handshake(number: int, kind: str, port: str) -> bytes:
    label = f"u{number % ROUTES}"
    host = f"{label}.localhost:{port}" if kind == "host" else f"127.0.0.1:{port}"
    path = "/ws" if kind == "host" else f"/user/{label}/ws"
    key = base64.b64encode(os.urandom(16)).decode()
    return (
        f"GET {path} HTTP/1.1\r\nHost: {host}\r\nOrigin: http://{host}\r\n"
        f"Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
        f"Sec-WebSocket-Key: {key}\r\n\r\n"
    ).encode()


async def open_one(number: int, kind: str, host: str, port: str, gate: asyncio.Semaphore):
    async with gate:
        reader, writer = await asyncio.open_connection(host, int(port), limit=2048)
        writer.write(handshake(number, kind, port))
        head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), MESSAGE_TIMEOUT_S)
        if b" 101 " not in head.split(b"\r\n")[0]:
            raise RuntimeError(head.decode())
        payload = b"x" * 1000
        writer.write(b"\x82\xfe" + len(payload).to_bytes(2, "big") + bytes(4) + payload)
        await asyncio.wait_for(reader.readexactly(4 + len(payload)), MESSAGE_TIMEOUT_S)
        return reader, writer


async def main() -> None:
    address, pid, count, kind = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4]
    host, port = address.split(":")
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    before = resident_kb(pid)
    gate = asyncio.Semaphore(AT_ONCE)
    opened = await asyncio.gather(*(open_one(n, kind, host, port, gate) for n in range(count)))
    # Memory settles when nothing moves: wait until two readings a second apart agree.
    after = resident_kb(pid)
    while True:
        await asyncio.sleep(1)
        now = resident_kb(pid)
        if abs(now - after) <= after // 100:
            break
        after = now
    print(len(opened), before, now)
    for _, writer in opened:
        writer.close()


asyncio.run(main())
