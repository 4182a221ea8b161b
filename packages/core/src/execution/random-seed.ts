const SEED_WORDS = 4
/** Number of seeds per draw. A draw of this many costs as much as a draw of one. */
const SEEDS_PER_DRAW = 64

const drawn = new Uint32Array(SEED_WORDS * SEEDS_PER_DRAW)
let next = drawn.length

/** Returns the random seed for one guest: four unsigned 32-bit integers. Each call returns a new one. */
export function drawSeed(): readonly number[] {
  if (next === drawn.length) {
    crypto.getRandomValues(drawn)
    next = 0
  }
  const seed = [...drawn.subarray(next, next + SEED_WORDS)]
  next += SEED_WORDS
  return seed
}
