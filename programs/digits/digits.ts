// Digits: numbers that are equal to the sum of their digits' powers, in AssemblyScript.
// Its source map says which line of this file each instruction is of.

let found: i32 = 0;

function digits(n: i32): i32 {
  let count = 0;
  while (n > 0) {
    n /= 10;
    count++;
  }
  return count;
}

function power(base: i32, exponent: i32): i32 {
  let result = 1;
  for (let i = 0; i < exponent; i++) {
    result *= base;
  }
  return result;
}

function armstrong(n: i32): bool {
  const size = digits(n);
  let sum = 0;
  let rest = n;
  while (rest > 0) {
    sum += power(rest % 10, size);
    rest /= 10;
  }
  return sum == n;
}

export function run(limit: i32): i32 {
  found = 0;
  for (let n = 1; n < limit; n++) {
    if (armstrong(n)) {
      found++;
    }
  }
  return found;
}
