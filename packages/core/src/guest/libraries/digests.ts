/** `crypto.subtle.digest` (Web Crypto) and `crypto.createHash` (Node). */
import { md5, sha1 } from '@noble/hashes/legacy.js'
import { sha256, sha384, sha512 } from '@noble/hashes/sha2.js'

const HASHES = { 'sha-1': sha1, 'sha-256': sha256, 'sha-384': sha384, 'sha-512': sha512, md5 } as const
type Algorithm = keyof typeof HASHES

declare const DOMException: new (message: string, name: string) => Error
declare const Buffer: { from(bytes: Uint8Array): { toString(encoding: string): string } }

/** Normalises the name of an algorithm. Returns undefined for an unknown one. */
function algorithmOf(name: unknown, wanted: RegExp): Algorithm | undefined {
  const plain = String(name).toLowerCase()
  const algorithm = (wanted.test(plain) ? plain.replace(/^sha-?/, 'sha-') : plain) as Algorithm
  return Object.hasOwn(HASHES, algorithm) ? algorithm : undefined
}

function bytesOf(data: unknown): Uint8Array {
  if (ArrayBuffer.isView(data)) return new Uint8Array(data.buffer, data.byteOffset, data.byteLength).slice()
  if (data instanceof ArrayBuffer) return new Uint8Array(data.slice(0))
  throw new TypeError('The data must be a string or bytes: an ArrayBuffer or a view of one')
}

class Hash {
  readonly #hash: ReturnType<(typeof HASHES)['md5']['create']>

  constructor(algorithm: Algorithm) {
    this.#hash = HASHES[algorithm].create() as never
  }

  update(data: unknown, encoding?: string): this {
    const isText = typeof data === 'string'
    this.#hash.update(
      isText ? bytesOf((Buffer.from as (...given: unknown[]) => unknown)(data, encoding)) : bytesOf(data),
    )
    return this
  }

  digest(encoding?: string): unknown {
    const bytes = Buffer.from(this.#hash.digest())
    return encoding === undefined || encoding === 'buffer' ? bytes : bytes.toString(encoding)
  }
}

export const digests = {
  subtle: {
    async digest(algorithm: unknown, data: unknown): Promise<ArrayBuffer> {
      const name =
        typeof algorithm === 'object' && algorithm !== null ? (algorithm as { name: unknown }).name : algorithm
      const known = algorithmOf(name, /^sha-\d+$/)
      if (known === undefined || known === 'md5')
        throw new DOMException(
          `There is no digest ${String(name)}: use SHA-1, SHA-256, SHA-384 or SHA-512`,
          'NotSupportedError',
        )
      return HASHES[known](bytesOf(data)).slice().buffer as ArrayBuffer
    },
  },
  createHash(algorithm: unknown): Hash {
    const known = algorithmOf(algorithm, /^sha-?\d+$/)
    if (known === undefined)
      throw new Error(`There is no hash ${String(algorithm)}: use sha1, sha256, sha384, sha512 or md5`)
    return new Hash(known)
  },
}
