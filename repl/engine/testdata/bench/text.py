def run():
    b = []
    for i in range(10000):
        b.append("ab")
    t = "".join(b)
    n = 0
    for r in t:
        if r == "b":
            n += 1
    return n + t.count("a")
