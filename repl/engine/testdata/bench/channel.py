import queue
import threading


def run():
    q, out = queue.Queue(1), queue.Queue(1)

    def work():
        while (v := q.get()) is not None:
            out.put(v + 1)

    t = threading.Thread(target=work)
    t.start()
    s = 0
    for i in range(5000):
        q.put(i)
        s += out.get()
    q.put(None)
    t.join()
    return s
