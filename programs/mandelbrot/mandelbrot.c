/* mandelbrot: draws the Mandelbrot set in characters.

   Arguments: [width [height [iterations]]], 72 by 24 and 500 by default.
   A WASI command that computes in doubles and writes one line at a time. */

#include <stdlib.h>
#include <unistd.h>

#define WIDEST 400

/* How many iterations the point c = (re, im) stays near the origin. */
__attribute__((noinline)) static int escape_time(double re, double im, int limit)
{
    double x = 0, y = 0;
    int n = 0;
    while (n < limit && x * x + y * y <= 4) {
        double next = x * x - y * y + re;
        y = 2 * x * y + im;
        x = next;
        n++;
    }
    return n;
}

/* The number in argument i, held within 1 and most. */
static int number(int argc, char **argv, int i, int otherwise, int most)
{
    int n = i < argc ? atoi(argv[i]) : otherwise;
    return n < 1 ? 1 : n > most ? most : n;
}

int main(int argc, char **argv)
{
    static const char shades[] = " .:-=+*%@";
    static char line[WIDEST + 1];
    int width = number(argc, argv, 1, 72, WIDEST);
    int height = number(argc, argv, 2, 24, WIDEST);
    int limit = number(argc, argv, 3, 500, 1000000);

    for (int row = 0; row < height; row++) {
        double im = 1.2 - 2.4 * (row + 0.5) / height;
        for (int column = 0; column < width; column++) {
            double re = -2.2 + 3.2 * (column + 0.5) / width;
            int n = escape_time(re, im, limit);
            line[column] = n == limit ? '#' : shades[n < 9 ? n : 8];
        }
        line[width] = '\n';
        write(STDOUT_FILENO, line, width + 1);
    }
    return 0;
}
