def run():
    n = 0

    def add(d):
        nonlocal n
        n += d
        return n

    s = 0
    for i in range(10000):
        s += add(i)
    return s
