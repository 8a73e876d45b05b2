/* overflow: a recursion without an end.

   Folders know the folder that they are in, and path_length asks it for the
   path so far. That ends at the root, until move_folder puts a folder inside
   one of its own children; then the call stack runs out. path_length keeps
   everything in wasm locals, so it is the engine's call stack that is
   exhausted; no memory is overwritten. */

#include <string.h>

#include "say.h"

struct folder {
    const char *name;
    struct folder *parent;
};

static struct folder root = {"", 0};
static struct folder photos = {"photos", &root};
static struct folder year = {"2024", &photos};
static struct folder summer = {"summer", &year};

/* The length of /photos/2024/summer. */
__attribute__((noinline, disable_tail_calls))
static int path_length(const struct folder *folder)
{
    if (!folder->parent)
        return 0;
    return path_length(folder->parent) + 1 + strlen(folder->name);
}

__attribute__((noinline)) static void move_folder(struct folder *folder, struct folder *into)
{
    folder->parent = into;
}

static void report(const struct folder *folder)
{
    say(folder->name);
    say(": the path has ");
    say_number(path_length(folder));
    say(" characters\n");
}

int main(void)
{
    report(&summer);
    say("moving summer to photos\n");
    move_folder(&summer, &photos);
    report(&summer);
    say("moving photos to summer\n");
    move_folder(&photos, &summer);
    report(&photos);
    return 0;
}
