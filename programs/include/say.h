/* Printing without printf: text and numbers collect in a line buffer, and each
   finished line leaves in one write. Small enough to read in a debugger. */

#ifndef SAY_H
#define SAY_H

#include <unistd.h>

#define SAY __attribute__((noinline, unused)) static void

static char say_line[256];
static unsigned say_length;

SAY say(const char *text)
{
    for (; *text; text++) {
        say_line[say_length++] = *text;
        if (*text == '\n' || say_length == sizeof say_line) {
            write(STDOUT_FILENO, say_line, say_length);
            say_length = 0;
        }
    }
}

SAY say_in_base(unsigned number, unsigned base)
{
    char digits[11], *first = digits + sizeof digits - 1;
    *first = '\0';
    do
        *--first = "0123456789abcdef"[number % base];
    while (number /= base);
    say(first);
}

SAY say_number(int number)
{
    if (number < 0)
        say("-");
    say_in_base(number < 0 ? -(unsigned)number : (unsigned)number, 10);
}

SAY say_address(const void *address)
{
    say("0x");
    say_in_base((unsigned)(unsigned long)address, 16);
}

#undef SAY
#endif
