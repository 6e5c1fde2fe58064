class Square:
    def __init__(self, s):
        self.s = s

    def area(self):
        return self.s * self.s


class Rect:
    def __init__(self, w, h):
        self.w, self.h = w, h

    def area(self):
        return self.w * self.h


def run():
    shapes = [Square(3), Rect(2, 5)]
    s = 0
    for i in range(10000):
        s += shapes[i % 2].area()
    return s
