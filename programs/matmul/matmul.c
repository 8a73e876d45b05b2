/* matmul: multiplies two matrices of n by n doubles.

   matmul(n) fills them with small whole numbers and returns the sum of all
   elements of the product, which is exact; -1 if there is no room for them.
   A kernel of f64 loads that walk one matrix along rows and the other along
   columns. */

#define PAGE 65536u

extern unsigned char __heap_base;

/* Makes sure that memory reaches the given address. */
static int reserve(unsigned long end)
{
    unsigned long have = __builtin_wasm_memory_size(0), want = (end + PAGE - 1) / PAGE;
    return want <= have || __builtin_wasm_memory_grow(0, want - have) != (unsigned long)-1;
}

__attribute__((noinline))
static void multiply(const double *a, const double *b, double *product, int n)
{
    for (int row = 0; row < n; row++)
        for (int column = 0; column < n; column++) {
            double sum = 0;
            for (int i = 0; i < n; i++)
                sum += a[row * n + i] * b[i * n + column];
            product[row * n + column] = sum;
        }
}

__attribute__((export_name("matmul"))) double matmul(int n)
{
    double *a = (double *)(((unsigned long)&__heap_base + 7) & -8ul), *b, *product;
    double sum = 0;

    if (n <= 0)
        return 0;
    b = a + n * n;
    product = b + n * n;
    if (n > 8192 || !reserve((unsigned long)(product + n * n)))
        return -1;
    for (int i = 0; i < n * n; i++) {
        a[i] = i % 7 - 3;
        b[i] = i % 11 - 4;
    }
    multiply(a, b, product, n);
    for (int i = 0; i < n * n; i++)
        sum += product[i];
    return sum;
}
