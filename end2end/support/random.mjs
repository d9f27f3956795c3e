// Chance that can be repeated: a seed is printed, and given back as LEDGERCLOUD_TEST_SEED.

/** Numbers in [0, 1) that follow from the seed (mulberry32). */
export function randomness(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** The seed of this run. */
export function seedOfRun() {
  return Number(process.env.LEDGERCLOUD_TEST_SEED ?? Math.floor(Math.random() * 2 ** 31));
}
