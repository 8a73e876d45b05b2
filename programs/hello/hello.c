/* hello: the first program, with all of printf behind it. */

#include <stdio.h>

int main(void)
{
    printf("%s, %s\n", "hello", "world");
    return 0;
}
