/* life: Conway's game of life, a glider on a torus of 40 by 20 cells.

   Argument: how many generations to draw after the first one, 20 by default.
   A WASI command whose memory shows the picture that it draws: look at `world`
   while it runs. After 80 generations the glider has crossed the torus's
   height once; after 160 it is back where it began. */

#include <stdlib.h>
#include <string.h>

#include "say.h"

enum { WIDTH = 40, HEIGHT = 20 };

static char world[HEIGHT][WIDTH];       /* ' ' or 'O' */
static char next[HEIGHT][WIDTH];

static void begin(void)
{
    static const char glider[3][4] = {" O ", "  O", "OOO"};
    memset(world, ' ', sizeof world);
    for (int row = 0; row < 3; row++)
        memcpy(&world[row + 1][1], glider[row], 3);
}

__attribute__((noinline)) static int neighbours(int row, int column)
{
    int count = 0;
    for (int dy = HEIGHT - 1; dy <= HEIGHT + 1; dy++)
        for (int dx = WIDTH - 1; dx <= WIDTH + 1; dx++)
            if (dy != HEIGHT || dx != WIDTH)
                count += world[(row + dy) % HEIGHT][(column + dx) % WIDTH] == 'O';
    return count;
}

__attribute__((noinline)) static void step(void)
{
    for (int row = 0; row < HEIGHT; row++)
        for (int column = 0; column < WIDTH; column++) {
            int n = neighbours(row, column);
            next[row][column] = n == 3 || (n == 2 && world[row][column] == 'O') ? 'O' : ' ';
        }
    memcpy(world, next, sizeof world);
}

__attribute__((noinline)) static void draw(int generation)
{
    static char picture[HEIGHT][WIDTH + 1];
    int alive = 0;
    for (int row = 0; row < HEIGHT; row++) {
        for (int column = 0; column < WIDTH; column++) {
            alive += world[row][column] == 'O';
            picture[row][column] = world[row][column] == 'O' ? 'O' : '.';
        }
        picture[row][WIDTH] = '\n';
    }
    say("generation ");
    say_number(generation);
    say(": ");
    say_number(alive);
    say(" alive\n");
    write(STDOUT_FILENO, picture, sizeof picture);
}

int main(int argc, char **argv)
{
    int generations = argc > 1 ? atoi(argv[1]) : 20;

    begin();
    draw(0);
    for (int generation = 1; generation <= generations; generation++) {
        step();
        draw(generation);
    }
    return 0;
}
