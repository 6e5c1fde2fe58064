def run():
    s = 0
    for i in range(100000):
        s += i & 7
    return s
