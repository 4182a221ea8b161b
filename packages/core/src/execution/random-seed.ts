const SEED_WORDS = 4
/** A draw costs the same for one seed and for as many. */
const SEEDS_PER_DRAW = 64

const drawn = new Uint32Array(SEED_WORDS * SEEDS_PER_DRAW)
let next = drawn.length

/** What a guest's randomness grows from: four unsigned 32-bit integers. No two guests get the same. */
export function drawSeed(): readonly number[] {
  if (next === drawn.length) {
    crypto.getRandomValues(drawn)
    next = 0
  }
  const seed = [...drawn.subarray(next, next + SEED_WORDS)]
  next += SEED_WORDS
  return seed
}
