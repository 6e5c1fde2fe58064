"""One measurement of asyncio: peers.py WHAT N prints nanoseconds for each of N."""
import asyncio
import sys
import threading
import time

what, n = sys.argv[1], int(sys.argv[2])
clock = time.perf_counter_ns


async def switch(tasks):
    turns = n // tasks

    async def turn():
        for _ in range(turns):
            await asyncio.sleep(0)

    all = [asyncio.create_task(turn()) for _ in range(tasks)]
    await asyncio.sleep(0)
    began = clock()
    await asyncio.wait(all)
    return clock() - began


async def spawn():
    async def one():
        return 1

    began = clock()
    for _ in range(n):
        await asyncio.create_task(one())
    return clock() - began


async def timer():
    loop, fired, over = asyncio.get_running_loop(), 0, asyncio.Event()

    def fire():
        nonlocal fired
        fired += 1
        if fired == n:
            over.set()

    began = clock()
    for i in range(n):
        loop.call_later(i * 7919 % n * 1e-9, fire)
    await over.wait()
    return clock() - began


async def post():
    loop, over = asyncio.get_running_loop(), asyncio.Event()
    spent = 0

    async def nothing():
        pass

    def ask():
        nonlocal spent
        began = clock()
        for _ in range(n):
            asyncio.run_coroutine_threadsafe(nothing(), loop).result()
        spent = clock() - began
        loop.call_soon_threadsafe(over.set)

    threading.Thread(target=ask).start()
    await over.wait()
    return spent


async def parked():
    end = asyncio.Event()
    began = clock()
    all = [asyncio.create_task(end.wait()) for _ in range(n)]
    await asyncio.sleep(0)
    end.set()
    if all:
        await asyncio.wait(all)
    return clock() - began


async def main():
    if what == "switch2":
        return await switch(2)
    if what == "switch1000":
        return await switch(1000)
    return await {"spawn": spawn, "timer": timer, "post": post, "parked": parked}[what]()


print(asyncio.run(main()) / max(n, 1))
