/* readfile: counts the lines, words and bytes of files, as wc does.

   Arguments: files below a directory that the host has opened for the program.
   Real libc input: fopen, getc, strerror, printf. Exit code 1 if a file could
   not be read, 2 without a file. */

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

static int count(const char *path)
{
    long lines = 0, words = 0, bytes = 0;
    int c, in_word = 0;
    FILE *file = fopen(path, "r");

    if (!file) {
        fprintf(stderr, "readfile: %s: %s\n", path, strerror(errno));
        return 1;
    }
    while ((c = getc(file)) != EOF) {
        bytes++;
        lines += c == '\n';
        words += !isspace(c) && !in_word;
        in_word = !isspace(c);
    }
    fclose(file);
    printf("%7ld %7ld %7ld %s\n", lines, words, bytes, path);
    return 0;
}

int main(int argc, char **argv)
{
    int failed = 0;

    if (argc < 2) {
        fprintf(stderr, "usage: readfile FILE...\n");
        return 2;
    }
    for (int i = 1; i < argc; i++)
        failed |= count(argv[i]);
    return failed;
}
