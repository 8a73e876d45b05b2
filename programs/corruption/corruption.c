/* corruption: a month at a small bank, with a memory bug planted in it.

   Customers send each other money, thousands of times; every transfer goes
   into the journal. At the end of the month an audit compares each account
   with what the journal says, finds one that is wrong, and traps. The code
   that made it wrong ran a long time before. STORY.md finds it. */

#include <stdint.h>

#include "say.h"

#define NOINLINE __attribute__((noinline)) static

enum { ACCOUNTS = 12, RESERVE = 7, DAYS = 30, TRANSFERS_A_DAY = 400, OPENING = 100000 };

struct account {
    int32_t cents;
    char owner[12];
};

struct transfer {
    uint16_t from, to;
    int32_t cents;
};

static struct account accounts[ACCOUNTS];
static struct transfer journal[DAYS * TRANSFERS_A_DAY];
static unsigned journal_length;

static const char *const owners[ACCOUNTS] = {
    "Ada", "Bruno", "Chidi", "Dagny", "Emre", "Farah", "Maya Lund", "Reserve", "Henrik", "Ines", "Jun", "Kofi",
};

static const struct {
    int day, account;
    const char *name;
} renamings[] = {
    {2, 3, "Dagny Holt"},
    {3, 6, "Maya Okonkwo"},
    {19, 10, "Jun Tanaka"},
};

/* Numbers that look random and are the same in every run. */
NOINLINE unsigned random_below(unsigned limit)
{
    static uint32_t seed = 2024;
    seed = seed * 1664525 + 1013904223;
    return (seed >> 8) % limit;
}

/* Stores a name, cut to the length of the field. */
NOINLINE void set_owner(struct account *account, const char *name)
{
    unsigned length = 0;
    while (length < sizeof account->owner && name[length]) {
        account->owner[length] = name[length];
        length++;
    }
    account->owner[length] = '\0';
}

NOINLINE void open_accounts(void)
{
    for (int i = 0; i < ACCOUNTS; i++) {
        accounts[i].cents = OPENING;
        set_owner(&accounts[i], owners[i]);
    }
}

NOINLINE void rename_customers(int day)
{
    for (unsigned i = 0; i < sizeof renamings / sizeof *renamings; i++)
        if (renamings[i].day == day)
            set_owner(&accounts[renamings[i].account], renamings[i].name);
}

/* Any account but the bank's reserve, which stays as it is. */
NOINLINE unsigned pick_customer(void)
{
    unsigned account;
    do
        account = random_below(ACCOUNTS);
    while (account == RESERVE);
    return account;
}

NOINLINE void send_money(unsigned from, unsigned to, int32_t cents)
{
    if (accounts[from].cents < cents)
        return;
    accounts[from].cents -= cents;
    accounts[to].cents += cents;
    journal[journal_length++] = (struct transfer){from, to, cents};
}

NOINLINE void trade(int day)
{
    for (int i = 0; i < TRANSFERS_A_DAY; i++) {
        unsigned from = pick_customer(), to = pick_customer();
        send_money(from, to, 1 + random_below(5000));
    }
    say("day ");
    say_number(day);
    say(": ");
    say_number(journal_length);
    say(" transfers in the journal\n");
}

/* What an account should hold. */
NOINLINE int32_t journal_says(unsigned account)
{
    int32_t cents = OPENING;
    for (unsigned i = 0; i < journal_length; i++) {
        if (journal[i].from == account)
            cents -= journal[i].cents;
        if (journal[i].to == account)
            cents += journal[i].cents;
    }
    return cents;
}

NOINLINE void audit(void)
{
    for (unsigned i = 0; i < ACCOUNTS; i++) {
        int32_t expected = journal_says(i);
        if (accounts[i].cents == expected)
            continue;
        say("audit: account ");
        say_number(i);
        say(" (");
        say(accounts[i].owner);
        say(") at ");
        say_address(&accounts[i].cents);
        say(" holds ");
        say_number(accounts[i].cents);
        say(" cents, the journal says ");
        say_number(expected);
        say("\n");
        __builtin_trap();
    }
    say("audit: all accounts are right\n");
}

int main(void)
{
    open_accounts();
    for (int day = 1; day <= DAYS; day++) {
        rename_customers(day);
        trade(day);
    }
    audit();
    return 0;
}
