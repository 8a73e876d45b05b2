// Shapes: a namespace, classes with a base, virtual calls, a template, and what gets inlined.
// Compiled with optimisation, so that there are inlined frames and variables that come and go.

namespace geometry {

struct Point {
    int x, y;
    Point operator+(const Point &other) const { return {x + other.x, y + other.y}; }
};

class Shape {
public:
    explicit Shape(Point at) : at(at) {}
    virtual int area() const = 0;
    void move(Point by) { at = at + by; }
    Point at;
};

class Square : public Shape {
public:
    Square(Point at, int side) : Shape(at), side(side) {}
    int area() const override;
    int side;
};

class Box : public Shape {
public:
    Box(Point at, int width, int height) : Shape(at), width(width), height(height) {}
    int area() const override;
    int width, height;
};

__attribute__((noinline)) int Square::area() const { return side * side; }
__attribute__((noinline)) int Box::area() const { return width * height; }

template <typename T>
__attribute__((noinline)) T largest(const T *values, int count) {
    T best = values[0];
    for (int i = 1; i < count; i++) {
        if (values[i] > best) best = values[i];
    }
    return best;
}

static inline int clamp(int value, int limit) {
    int result = value > limit ? limit : value;
    return result;
}

}  // namespace geometry

using namespace geometry;

__attribute__((noinline)) static int measure(Shape &shape, int limit) {
    shape.move({1, 2});
    int area = shape.area();
    return clamp(area, limit) + shape.at.x;
}

extern "C" __attribute__((export_name("run"))) int run(int limit) {
    Square square({0, 0}, 5);
    Box box({10, 20}, 4, 9);
    int areas[2] = {measure(square, limit), measure(box, limit)};
    return largest(areas, 2) * 100 + areas[0];
}
