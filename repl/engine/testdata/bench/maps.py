def run():
    m = {}
    for i in range(20000):
        m[i % 1000] = m.get(i % 1000, 0) + i
    s = 0
    for k, v in m.items():
        s += k ^ v
    return s
