/* oob: a run-length decoder that walks off the end of memory.

   It unpacks "12#" to twelve # signs. The third picture has a bad length in
   it, and nobody looks. The trap is in `repeat`, which does only what it was
   told; go back to where the length came from. */

#include "say.h"

static char picture[1024];

/* Reads a decimal number and moves the cursor behind it. */
__attribute__((noinline)) static unsigned read_length(const char **cursor)
{
    int sign = 1, length = 0;
    if (**cursor == '-') {
        sign = -1;
        ++*cursor;
    }
    while (**cursor >= '0' && **cursor <= '9')
        length = length * 10 + *(*cursor)++ - '0';
    return sign * length;
}

/* Writes a character length times, and returns the place behind the last. */
__attribute__((noinline, no_builtin("memset")))
static char *repeat(char *to, char character, unsigned length)
{
    while (length--)
        *to++ = character;
    return to;
}

__attribute__((noinline)) static void unpack(const char *packed)
{
    char *to = picture;
    while (*packed) {
        unsigned length = read_length(&packed);
        to = repeat(to, *packed++, length);
    }
    *to = '\0';
}

int main(void)
{
    static const char *const pictures[] = {
        "4 1^4 1\n3 1/1 1\\3 1\n2 1/3 1\\2 1\n1 7-1 1\n",
        "1 7#1 1\n1 1#5 1#1 1\n1 7#1 1\n",
        "3 3~3 1\n2 5~2 1\n-3 3~3 1\n",
    };

    for (unsigned i = 0; i < sizeof pictures / sizeof *pictures; i++) {
        say("picture ");
        say_number(i + 1);
        say(":\n");
        unpack(pictures[i]);
        say(picture);
    }
    return 0;
}
