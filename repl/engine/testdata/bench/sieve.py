def run():
    c = [False] * 20001
    k = 0
    for i in range(2, 20001):
        if c[i]:
            continue
        k += 1
        for j in range(i * i, 20001, i):
            c[j] = True
    return k
