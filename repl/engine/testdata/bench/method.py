class Counter:
    def __init__(self):
        self.n = 0

    def add(self, d):
        self.n += d


def run():
    c = Counter()
    for i in range(10000):
        c.add(i)
    return c.n
