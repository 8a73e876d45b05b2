// Orders in a linked list: structs, enums, text, arrays and bit fields, to look at by name.
// Compiled without optimisation, so that every variable is there all the time.

#define EXPORT(name) __attribute__((export_name(#name)))

typedef unsigned int cents;

enum state { OPEN, PAID, SHIPPED = 5 };

struct item {
    const char *name;
    cents price;
    short amount;
};

struct order {
    int number;
    enum state state;
    char customer[12];
    struct item items[2];
    double discount;
    unsigned urgent : 1;
    unsigned weight : 7;
    struct order *next;
};

static struct order third = {3, OPEN, "Cy", {{"pen", 120, 10}, {"ink", 450, 1}}, 0.0, 0, 3, 0};
static struct order second = {2, SHIPPED, "Bea", {{"desk", 25000, 1}}, 0.05, 1, 90, &third};
struct order first = {1, PAID, "Al", {{"lamp", 3990, 2}, {"bulb", 300, 4}}, 0.25, 0, 7, &second};

int visited;

static cents line_total(const struct item *item) {
    return item->price * item->amount;
}

static cents total(const struct order *order) {
    cents sum = 0;
    for (int i = 0; i < 2; i++) {
        sum += line_total(&order->items[i]);
    }
    double factor = 1.0 - order->discount;
    return (cents)(sum * factor);
}

static int longest(const struct order *order) {
    if (!order) return 0;
    int length = 0;
    while (order->customer[length]) length++;
    int rest = longest(order->next);
    return length > rest ? length : rest;
}

EXPORT(run) int run(int times) {
    cents sum = 0;
    for (int round = 0; round < times; round++) {
        for (struct order *order = &first; order; order = order->next) {
            cents due = total(order);
            visited++;
            sum += due;
        }
    }
    return (int)sum + longest(&first);
}
