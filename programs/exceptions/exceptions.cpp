// A calculator that gives up by throwing, from as deep as the parentheses go.
//
// What is wrong with an expression is found far down in the parser and told far up in `main`; on
// the way every `Nested` is destroyed. A number too large for it is thrown as a plain int, which
// nothing catches.

#include <cstdint>
#include <cstdio>

namespace {

struct Problem {
    const char *what;
    int column;
};

struct DivisionByZero : Problem {};

int depth = 0, deepest = 0;

// One pair of parentheses.
struct Nested {
    Nested() {
        if (++depth > deepest) deepest = depth;
    }
    ~Nested() { --depth; }
};

class Parser {
  public:
    explicit Parser(const char *text) : start_(text), at_(text) {}

    int64_t all() {
        int64_t value = sum();
        if (*at_) fail("something is left over");
        return value;
    }

  private:
    const char *start_, *at_;

    int column() const { return static_cast<int>(at_ - start_) + 1; }

    [[noreturn]] void fail(const char *what) const { throw Problem{what, column()}; }

    bool take(char wanted) {
        while (*at_ == ' ') ++at_;
        if (*at_ != wanted) return false;
        ++at_;
        return true;
    }

    int64_t sum() {
        int64_t value = product();
        for (;;) {
            if (take('+')) value += product();
            else if (take('-')) value -= product();
            else return value;
        }
    }

    int64_t product() {
        int64_t value = factor();
        for (;;) {
            if (take('*')) value *= factor();
            else if (take('/')) value = divided(value);
            else return value;
        }
    }

    int64_t divided(int64_t value) {
        int where = column();
        int64_t by = factor();
        if (by == 0) throw DivisionByZero{{"division by zero", where}};
        return value / by;
    }

    int64_t factor() {
        if (!take('(')) return number();
        Nested nested;
        int64_t value = sum();
        if (!take(')')) fail("')' is missing");
        return value;
    }

    int64_t number() {
        if (*at_ < '0' || *at_ > '9') fail("a number is missing");
        int64_t value = 0;
        for (; *at_ >= '0' && *at_ <= '9'; ++at_) {
            value = value * 10 + (*at_ - '0');
            if (value > INT32_MAX) throw column();
        }
        return value;
    }
};

// Whether `text` could be worked out.
bool calculate(const char *text) {
    try {
        std::printf("%s = %lld\n", text, static_cast<long long>(Parser(text).all()));
        return true;
    } catch (const DivisionByZero &problem) {
        std::printf("%s: infinity, at column %d\n", text, problem.column);
    } catch (const Problem &problem) {
        std::printf("%s: %s at column %d\n", text, problem.what, problem.column);
    }
    return false;
}

const char *const examples[] = {
    "1 + 2 * 3", "((1 + 2) * (3 + 4))", "12 / (4 - 3 - 1)", "2 * (3 + (4 - ", "(((((1))))", "8 8",
};

}  // namespace

int main(int argc, char **argv) {
    int failed = 0;
    if (argc > 1)
        for (int i = 1; i < argc; ++i) failed += !calculate(argv[i]);
    else
        for (const char *text : examples) failed += !calculate(text);
    std::printf("%d failed; %d deep at most, %d now\n", failed, deepest, depth);
    return failed && argc > 1;
}
