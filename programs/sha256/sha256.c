/* sha256: the SHA-256 hash of FIPS 180-4.

   As a library: write up to 65,536 bytes at buffer(), call sha256(length), and
   read 32 bytes at the address that it returns (0: the length is too large).
   bench(rounds) hashes the whole buffer again and again, each round starting
   with the digest of the round before, and returns the last digest's first
   four bytes as a big-endian number.

   As a WASI command: prints the hash of its argument; with the argument "-",
   of its standard input; with none, of a message of its own. */

#include <stdint.h>
#include <string.h>
#include <unistd.h>

#define EXPORT(name) __attribute__((export_name(#name)))

static uint8_t input[65536];
static uint8_t digest[32];

static uint32_t state[8];
static uint8_t block[64];       /* what does not fill a block yet */
static uint64_t total;          /* bytes so far */

static const uint32_t beginning[8] = {
    0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
    0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19,
};

static const uint32_t constants[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
};

static uint32_t right(uint32_t x, int n)
{
    return x >> n | x << (32 - n);
}

__attribute__((noinline)) static void compress(const uint8_t *bytes)
{
    uint32_t w[64];
    for (int i = 0; i < 16; i++)
        w[i] = (uint32_t)bytes[4 * i] << 24 | bytes[4 * i + 1] << 16 | bytes[4 * i + 2] << 8 | bytes[4 * i + 3];
    for (int i = 16; i < 64; i++) {
        uint32_t x = w[i - 15], y = w[i - 2];
        w[i] = w[i - 16] + (right(x, 7) ^ right(x, 18) ^ x >> 3)
             + w[i - 7] + (right(y, 17) ^ right(y, 19) ^ y >> 10);
    }

    uint32_t a = state[0], b = state[1], c = state[2], d = state[3];
    uint32_t e = state[4], f = state[5], g = state[6], h = state[7];
    for (int i = 0; i < 64; i++) {
        uint32_t one = h + (right(e, 6) ^ right(e, 11) ^ right(e, 25)) + ((e & f) ^ (~e & g)) + constants[i] + w[i];
        uint32_t two = (right(a, 2) ^ right(a, 13) ^ right(a, 22)) + ((a & b) ^ (a & c) ^ (b & c));
        h = g, g = f, f = e, e = d + one;
        d = c, c = b, b = a, a = one + two;
    }
    state[0] += a, state[1] += b, state[2] += c, state[3] += d;
    state[4] += e, state[5] += f, state[6] += g, state[7] += h;
}

static void start(void)
{
    memcpy(state, beginning, sizeof state);
    total = 0;
}

static void add(const uint8_t *bytes, size_t length)
{
    size_t held = total % sizeof block;
    total += length;
    while (length) {
        if (!held && length >= sizeof block) {
            compress(bytes);
            bytes += sizeof block;
            length -= sizeof block;
        } else {
            block[held++] = *bytes++;
            length--;
            if (held == sizeof block) {
                compress(block);
                held = 0;
            }
        }
    }
}

static void finish(void)
{
    static const uint8_t padding[64] = {0x80};
    uint64_t bits = total * 8;
    uint8_t length[8];
    for (int i = 0; i < 8; i++)
        length[i] = bits >> (56 - 8 * i);
    add(padding, 64 - (total + 8) % 64);
    add(length, 8);
    for (int i = 0; i < 32; i++)
        digest[i] = state[i / 4] >> (24 - 8 * (i % 4));
}

EXPORT(buffer) uint8_t *buffer(void)
{
    return input;
}

EXPORT(sha256) uint8_t *sha256(uint32_t length)
{
    if (length > sizeof input)
        return 0;
    start();
    add(input, length);
    finish();
    return digest;
}

EXPORT(bench) uint32_t bench(uint32_t rounds)
{
    memset(input, 0, sizeof input);
    memset(digest, 0, sizeof digest);
    while (rounds--) {
        memcpy(input, digest, sizeof digest);
        sha256(sizeof input);
    }
    return (uint32_t)digest[0] << 24 | digest[1] << 16 | digest[2] << 8 | digest[3];
}

int main(int argc, char **argv)
{
    const char *message = argc > 1 ? argv[1] : "time flies like an arrow";
    char line[65];
    ssize_t length;

    start();
    if (strcmp(message, "-"))
        add((const uint8_t *)message, strlen(message));
    else
        while ((length = read(STDIN_FILENO, input, sizeof input)) > 0)
            add(input, length);
    finish();

    for (int i = 0; i < 64; i++)
        line[i] = "0123456789abcdef"[digest[i / 2] >> (i % 2 ? 0 : 4) & 15];
    line[64] = '\n';
    write(STDOUT_FILENO, line, sizeof line);
    return 0;
}
