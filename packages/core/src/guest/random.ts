import {
  isArrayBufferView,
  OriginalUint8Array,
  typedArrayBuffer,
  typedArrayByteLength,
  typedArrayByteOffset,
  typedArrayName,
} from '../protocol/intrinsics.ts'
import { define, defineLazy, loadLibrary } from './define.ts'
import { domException } from './dom-exception.ts'
import type { Library } from './globals.ts'
import { DIGESTS } from './library-names.ts'

const MAX_RANDOM_BYTES = 65_536

let a = 0
let b = 0
let c = 0
let counter = 1

/**
 * Seeds the random numbers of the guest.
 *
 * @param words four unsigned 32-bit integers
 */
export function seedRandom(words: readonly number[]): void {
  a = (words[0] as number) | 0
  b = (words[1] as number) | 0
  c = (words[2] as number) | 0
  counter = (words[3] as number) | 0
  // The author of sfc32 recommends 12 rounds to mix the state.
  for (let round = 0; round < 12; round++) random32()
}

/**
 * Returns the next number of sfc32, by Chris Doty-Humphrey (PractRand). It is fast, passes the statistical test suites
 * and repeats for the same seed, which replay requires. It is not suitable for secrets, but a guest has none:
 * credentials stay with the host.
 */
function random32(): number {
  const sum = (((a + b) | 0) + counter) | 0
  counter = (counter + 1) | 0
  a = b ^ (b >>> 9)
  b = (c + (c << 3)) | 0
  c = (((c << 21) | (c >>> 11)) + sum) | 0
  return sum >>> 0
}

/**
 * Installs `Math.random` and `crypto`.
 *
 * @param library provides the digests
 */
export function installRandom(library: Library): void {
  define(Math, 'random', function random() {
    return ((random32() >>> 5) * 67_108_864 + (random32() >>> 6)) / 9_007_199_254_740_992
  })
  const crypto = {}
  define(crypto, 'getRandomValues', getRandomValues)
  define(crypto, 'randomUUID', randomUUID)
  let digests: Record<string, unknown> | undefined
  for (const name of DIGESTS) {
    defineLazy(crypto, name, () => {
      digests ??= loadLibrary(library('digests'), []) as typeof digests
      return digests?.[name]
    })
  }
  define(globalThis, 'crypto', crypto)
}

function getRandomValues<View extends ArrayBufferView>(view: View): View {
  const type = isArrayBufferView(view) ? typedArrayName(view) : undefined
  if (type === undefined || type === 'Float32Array' || type === 'Float64Array') {
    throw domException('The argument must be an integer typed array', 'TypeMismatchError')
  }
  const length = typedArrayByteLength(view)
  if (length > MAX_RANDOM_BYTES) {
    throw domException(`${length} bytes were asked for, ${MAX_RANDOM_BYTES} are allowed`, 'QuotaExceededError')
  }
  const bytes = new OriginalUint8Array(typedArrayBuffer(view), typedArrayByteOffset(view), length)
  for (let index = 0; index < length; index++) bytes[index] = random32() & 255
  return view
}

const HEXADECIMAL = '0123456789abcdef'

function randomUUID(): string {
  let uuid = ''
  for (let index = 0; index < 32; index++) {
    if (index === 8 || index === 12 || index === 16 || index === 20) uuid += '-'
    const digit = random32() & 15
    uuid += HEXADECIMAL[index === 12 ? 4 : index === 16 ? (digit & 3) | 8 : digit]
  }
  return uuid
}
