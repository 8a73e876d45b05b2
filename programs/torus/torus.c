/* torus: Conway's game of life on a torus, with somebody looking on who may change it.

   `run` never returns by itself: after each picture it calls `life.wait`, which says what comes
   next. Whoever suspends it there holds the whole game in a file. A cell is its age in
   generations, 0 for none and at most 255. */

#include <stdint.h>

enum { MOST = 256, OLDEST = 255, FIRST = 87109 };
enum { STEP, TOGGLE, CLEAR, SCATTER, MIRROR, QUIT };     /* what `wait` returns, in its top byte */

__attribute__((import_module("life"), import_name("wait")))
int32_t wait_for(const uint8_t *cells, int32_t width, int32_t height, int32_t generation);

static uint8_t cells[MOST * MOST], next[MOST * MOST];
static int32_t width, height;

static int32_t at(int32_t x, int32_t y)
{
    return (y + height) % height * width + (x + width) % width;
}

static void clear(void)
{
    for (int32_t i = 0; i < width * height; i++)
        cells[i] = 0;
}

static uint32_t seed;

static int32_t chance(void)             /* three in eight */
{
    seed = seed * 1664525 + 1013904223;
    return seed >> 29 < 3;
}

static void scatter(uint32_t from)
{
    seed = from;
    for (int32_t i = 0; i < width * height; i++)
        cells[i] = chance();
}

/* A kaleidoscope: chance in one quarter, mirrored. It stays so until somebody changes a cell. */
static void mirror(uint32_t from)
{
    seed = from;
    clear();
    for (int32_t y = 0; y < (height + 1) / 2; y++)
        for (int32_t x = 0; x < (width + 1) / 2; x++) {
            int32_t lives = chance() && x > width / 8 && y > height / 8;
            cells[at(x, y)] = cells[at(width - 1 - x, y)] = lives;
            cells[at(x, height - 1 - y)] = cells[at(width - 1 - x, height - 1 - y)] = lives;
        }
}

__attribute__((noinline)) static int32_t neighbours(int32_t x, int32_t y)
{
    int32_t above = (y ? y - 1 : height - 1) * width, row = y * width;
    int32_t below = (y + 1 < height ? y + 1 : 0) * width;
    int32_t left = x ? x - 1 : width - 1, right = x + 1 < width ? x + 1 : 0;

    return !!cells[above + left] + !!cells[above + x] + !!cells[above + right]
         + !!cells[row + left] + !!cells[row + right]
         + !!cells[below + left] + !!cells[below + x] + !!cells[below + right];
}

__attribute__((noinline)) static void step(void)
{
    for (int32_t y = 0; y < height; y++)
        for (int32_t x = 0; x < width; x++) {
            int32_t n = neighbours(x, y), age = cells[y * width + x];
            int32_t lives = n == 3 || (n == 2 && age);
            next[y * width + x] = lives ? age + (age < OLDEST) : 0;
        }
    for (int32_t i = 0; i < width * height; i++)
        cells[i] = next[i];
}

__attribute__((export_name("run"))) int32_t run(int32_t wanted_width, int32_t wanted_height)
{
    int32_t generation = 0;

    if (wanted_width < 3 || wanted_width > MOST || wanted_height < 3 || wanted_height > MOST)
        return -1;
    width = wanted_width;
    height = wanted_height;
    scatter(FIRST);
    for (;;) {
        int32_t event = wait_for(cells, width, height, generation);
        int32_t what = event >> 24, value = event & 0xffffff;

        if (what == STEP) {
            step();
            generation++;
        } else if (what == TOGGLE) {
            int32_t i = at(value & 0xfff, value >> 12);
            cells[i] = !cells[i];
        } else if (what == CLEAR) {
            clear();
        } else if (what == SCATTER) {
            scatter((uint32_t)value);
        } else if (what == MIRROR) {
            mirror((uint32_t)value);
        } else {
            return generation;
        }
    }
}
