/* greet: what a program gets from its host: arguments and environment.

   Greets every argument, with the word that the variable GREETING holds
   ("hello" by default). Without arguments, greets the variable USER. Exit
   code 1 if there is nobody to greet. */

#include <stdio.h>
#include <stdlib.h>

int main(int argc, char **argv)
{
    const char *greeting = getenv("GREETING");
    const char *user = getenv("USER");

    if (!greeting)
        greeting = "hello";
    for (int i = 1; i < argc; i++)
        printf("%s, %s! (%d of %d)\n", greeting, argv[i], i, argc - 1);
    if (argc < 2) {
        if (!user) {
            fprintf(stderr, "greet: nobody to greet\n");
            return 1;
        }
        printf("%s, %s!\n", greeting, user);
    }
    return 0;
}
