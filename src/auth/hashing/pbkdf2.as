/*
 * PBKDF2 with HMAC and SHA-512 or SHA-256 (RFC 8018, RFC 2104, FIPS 180-4), in
 * slices: it stops after as many iterations as it is told, and goes on from
 * there.
 *
 * AssemblyScript: `deno task kernel` makes pbkdf2.wasm of it. All is in words,
 * of 64 bits for SHA-512 (`u64`) and of 32 for SHA-256 (`u32`), so that padding
 * and byte order are left to the caller. One block of the derived key is
 * computed, which is as long as a hash: 8 words.
 */

// FIPS 180-4, 5.3.5: the square roots of the first 8 primes; SHA-256 takes the
// upper halves (5.3.3).
const INITIAL: usize = memory.data<u64>([
  0x6a09e667f3bcc908, 0xbb67ae8584caa73b, 0x3c6ef372fe94f82b,
  0xa54ff53a5f1d36f1, 0x510e527fade682d1, 0x9b05688c2b3e6c1f,
  0x1f83d9abfb41bd6b, 0x5be0cd19137e2179,
]);

// FIPS 180-4, 4.2.3: the cube roots of the first 80 primes; SHA-256 takes the
// upper halves of the first 64 (4.2.2).
const ROUND_CONSTANTS: usize = memory.data<u64>([
  0x428a2f98d728ae22, 0x7137449123ef65cd, 0xb5c0fbcfec4d3b2f,
  0xe9b5dba58189dbbc, 0x3956c25bf348b538, 0x59f111f1b605d019,
  0x923f82a4af194f9b, 0xab1c5ed5da6d8118, 0xd807aa98a3030242,
  0x12835b0145706fbe, 0x243185be4ee4b28c, 0x550c7dc3d5ffb4e2,
  0x72be5d74f27b896f, 0x80deb1fe3b1696b1, 0x9bdc06a725c71235,
  0xc19bf174cf692694, 0xe49b69c19ef14ad2, 0xefbe4786384f25e3,
  0x0fc19dc68b8cd5b5, 0x240ca1cc77ac9c65, 0x2de92c6f592b0275,
  0x4a7484aa6ea6e483, 0x5cb0a9dcbd41fbd4, 0x76f988da831153b5,
  0x983e5152ee66dfab, 0xa831c66d2db43210, 0xb00327c898fb213f,
  0xbf597fc7beef0ee4, 0xc6e00bf33da88fc2, 0xd5a79147930aa725,
  0x06ca6351e003826f, 0x142929670a0e6e70, 0x27b70a8546d22ffc,
  0x2e1b21385c26c926, 0x4d2c6dfc5ac42aed, 0x53380d139d95b3df,
  0x650a73548baf63de, 0x766a0abb3c77b2a8, 0x81c2c92e47edaee6,
  0x92722c851482353b, 0xa2bfe8a14cf10364, 0xa81a664bbc423001,
  0xc24b8b70d0f89791, 0xc76c51a30654be30, 0xd192e819d6ef5218,
  0xd69906245565a910, 0xf40e35855771202a, 0x106aa07032bbd1b8,
  0x19a4c116b8d2d0c8, 0x1e376c085141ab53, 0x2748774cdf8eeb99,
  0x34b0bcb5e19b48a8, 0x391c0cb3c5c95a63, 0x4ed8aa4ae3418acb,
  0x5b9cca4f7763e373, 0x682e6ff3d6b2b8a3, 0x748f82ee5defb2fc,
  0x78a5636f43172f60, 0x84c87814a1f0ab72, 0x8cc702081a6439ec,
  0x90befffa23631e28, 0xa4506cebde82bde9, 0xbef9a3f7b2c67915,
  0xc67178f2e372532b, 0xca273eceea26619c, 0xd186b8c721c0c207,
  0xeada7dd6cde0eb1e, 0xf57d4f7fee6ed178, 0x06f067aa72176fba,
  0x0a637dc5a2c898a6, 0x113f9804bef90dae, 0x1b710b35131c471b,
  0x28db77f523047d84, 0x32caab7b40c72493, 0x3c9ebe0a15c9bebc,
  0x431d67c49c100d4c, 0x4cc5d4becb3e42b6, 0x597f299cfc657e2a,
  0x5fcb6fab3ad6faec, 0x6c44198c4a475817,
]);

const SCHEDULE: usize = memory.data(640);
const INNER_STATE: usize = memory.data(64);
const OUTER_STATE: usize = memory.data(64);
const INITIAL_STATE: usize = memory.data(64);
const DIGEST: usize = memory.data(64);

/** The address of the key of the HMAC, filled up with zeros: 16 words. */
export const KEY: usize = memory.data(128);
/** That of the last HMAC: 8 words. */
export const LAST: usize = memory.data(64);
/** That of the exclusive or of all HMACs, the derived key: 8 words. */
export const RESULT: usize = memory.data(64);

/** Takes the key: its two blocks are the same for each HMAC. */
export function beginSha512(): void {
  begin<u64>();
}

/** Goes on for `count` iterations. */
export function iterateSha512(count: i32): void {
  iterate<u64>(count);
}

/** Takes the key, as `beginSha512` does. */
export function beginSha256(): void {
  begin<u32>();
}

/** Goes on for `count` iterations. */
export function iterateSha256(count: i32): void {
  iterate<u32>(count);
}

/** Wipes all that tells of the key and what was derived of it. */
export function forget(): void {
  memory.fill(SCHEDULE, 0, 640);
  memory.fill(INNER_STATE, 0, 64);
  memory.fill(OUTER_STATE, 0, 64);
  memory.fill(DIGEST, 0, 64);
  memory.fill(KEY, 0, 128);
  memory.fill(LAST, 0, 64);
  memory.fill(RESULT, 0, 64);
}

function begin<T>(): void {
  for (let i = 0; i < 8; i++) {
    store<T>(INITIAL_STATE + i * sizeof<T>(), constant<T>(INITIAL, i));
  }
  takeKey<T>(<T> 0x3636363636363636, INNER_STATE);
  takeKey<T>(<T> 0x5c5c5c5c5c5c5c5c, OUTER_STATE);
}

function iterate<T>(count: i32): void {
  for (; count > 0; count--) {
    digest<T>(LAST, INNER_STATE, DIGEST);
    digest<T>(DIGEST, OUTER_STATE, LAST);
    for (let i: usize = 0; i < 8 * sizeof<T>(); i += sizeof<T>()) {
      store<T>(RESULT + i, load<T>(RESULT + i) ^ load<T>(LAST + i));
    }
  }
}

function takeKey<T>(pad: T, state: usize): void {
  for (let i: usize = 0; i < 16 * sizeof<T>(); i += sizeof<T>()) {
    store<T>(SCHEDULE + i, load<T>(KEY + i) ^ pad);
  }
  compress<T>(INITIAL_STATE, state);
}

/** Ends the hash that `state` begins with the 8 words at `message`. */
function digest<T>(message: usize, state: usize, result: usize): void {
  const size = sizeof<T>();
  memory.copy(SCHEDULE, message, 8 * size);
  memory.fill(SCHEDULE + 8 * size, 0, 7 * size);
  store<T>(SCHEDULE + 8 * size, (<T> 1) << (8 * sizeof<T>() - 1));
  // The length in bits: a block of the key, and the message.
  store<T>(SCHEDULE + 15 * size, <T> ((16 + 8) * size * 8));
  compress<T>(state, result);
}

/** FIPS 180-4, 6.4.2 and 6.2.2: the block is the beginning of the schedule. */
function compress<T>(state: usize, result: usize): void {
  const size = sizeof<T>();
  const rounds: i32 = sizeof<T>() == 8 ? 80 : 64;
  for (let i = SCHEDULE + 16 * size; i < SCHEDULE + rounds * size; i += size) {
    store<T>(
      i,
      sigma1<T>(load<T>(i - 2 * size)) + load<T>(i - 7 * size) +
        sigma0<T>(load<T>(i - 15 * size)) + load<T>(i - 16 * size),
    );
  }
  let a = load<T>(state);
  let b = load<T>(state + size);
  let c = load<T>(state + 2 * size);
  let d = load<T>(state + 3 * size);
  let e = load<T>(state + 4 * size);
  let f = load<T>(state + 5 * size);
  let g = load<T>(state + 6 * size);
  let h = load<T>(state + 7 * size);
  for (let i = 0; i < rounds; i++) {
    const first = h + sum1<T>(e) + (g ^ (e & (f ^ g))) +
      constant<T>(ROUND_CONSTANTS, i) + load<T>(SCHEDULE + i * size);
    const second = sum0<T>(a) + ((a & b) | (c & (a | b)));
    h = g;
    g = f;
    f = e;
    e = d + first;
    d = c;
    c = b;
    b = a;
    a = first + second;
  }
  store<T>(result, load<T>(state) + a);
  store<T>(result + size, load<T>(state + size) + b);
  store<T>(result + 2 * size, load<T>(state + 2 * size) + c);
  store<T>(result + 3 * size, load<T>(state + 3 * size) + d);
  store<T>(result + 4 * size, load<T>(state + 4 * size) + e);
  store<T>(result + 5 * size, load<T>(state + 5 * size) + f);
  store<T>(result + 6 * size, load<T>(state + 6 * size) + g);
  store<T>(result + 7 * size, load<T>(state + 7 * size) + h);
}

/** The upper half of a little-endian word is its second half. */
@inline
function constant<T>(table: usize, index: i32): T {
  return load<T>(table + index * 8 + (8 - sizeof<T>()));
}

// FIPS 180-4, 4.1.3 and 4.1.2.
@inline
function sum0<T>(x: T): T {
  return sizeof<T>() == 8
    ? rotr<T>(x, 28) ^ rotr<T>(x, 34) ^ rotr<T>(x, 39)
    : rotr<T>(x, 2) ^ rotr<T>(x, 13) ^ rotr<T>(x, 22);
}

@inline
function sum1<T>(x: T): T {
  return sizeof<T>() == 8
    ? rotr<T>(x, 14) ^ rotr<T>(x, 18) ^ rotr<T>(x, 41)
    : rotr<T>(x, 6) ^ rotr<T>(x, 11) ^ rotr<T>(x, 25);
}

@inline
function sigma0<T>(x: T): T {
  return sizeof<T>() == 8
    ? rotr<T>(x, 1) ^ rotr<T>(x, 8) ^ (x >> 7)
    : rotr<T>(x, 7) ^ rotr<T>(x, 18) ^ (x >> 3);
}

@inline
function sigma1<T>(x: T): T {
  return sizeof<T>() == 8
    ? rotr<T>(x, 19) ^ rotr<T>(x, 61) ^ (x >> 6)
    : rotr<T>(x, 17) ^ rotr<T>(x, 19) ^ (x >> 10);
}
