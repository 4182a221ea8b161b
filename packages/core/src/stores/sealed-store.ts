import { RunError } from '../contract/errors.ts'
import { assertKnownOptions } from '../contract/options.ts'
import type { Append, Claim, Lease, NewRun, RunFilter, RunStore, RunSummary, StoredRun } from '../contract/run-store.ts'
import { base64ToBytes, bytesToBase64 } from '../protocol/codec/base64.ts'

/** A key of a {@link sealedStore}. */
export interface SealingKey {
  /** Name of the key, which is stored with everything that it seals: 1 to 64 letters, digits, `_` or `-`. */
  readonly id: string
  /** The key: 32 random bytes. */
  readonly key: Uint8Array<ArrayBuffer>
}

/** Options for {@link sealedStore}. */
export interface SealedStoreOptions {
  /**
   * The first key seals what is written, and each opens what it has sealed. Put a new key first to rotate. One key
   * should seal at most 2^32 entries.
   */
  readonly keys: readonly SealingKey[]
}

const KEY_BYTES = 32
const IV_BYTES = 12
const KEY_IDS = /^[\w-]{1,64}$/
/** Marks sealed texts, with the version of their format. */
const MARK = 'sealed1'

/**
 * Encrypts programs, inputs, outputs and console messages before a store gets them, with AES-256-GCM. A sealed text
 * opens only at its own place: in its tenant, its run and its position. Ids, principals, statuses and times are not
 * encrypted.
 *
 * @example
 * ```ts
 * const store = sealedStore(sqliteStore('runs.db'), { keys: [{ id: '2026-11', key }] })
 * ```
 *
 * @throws `TypeError` for an invalid key or an unknown option
 */
export function sealedStore(store: RunStore, options: SealedStoreOptions): RunStore {
  assertKnownOptions('sealedStore()', options, ['keys'])
  return new SealedStore(store, new Sealer(options.keys), '')
}

class SealedStore implements RunStore {
  readonly #store: RunStore
  readonly #sealer: Sealer
  readonly #tenant: string

  constructor(store: RunStore, sealer: Sealer, tenant: string) {
    this.#store = store
    this.#sealer = sealer
    this.#tenant = tenant
  }

  async create(run: NewRun, claim: Claim): Promise<Lease> {
    const header = await this.#sealer.seal(run.header, this.#place(run.run, 'header'))
    return this.#store.create({ ...run, header }, claim)
  }

  async append(lease: Lease, append: Append): Promise<void> {
    const { from, entries } = append
    const sealed = entries.map((entry, index) => this.#sealer.seal(entry, this.#place(lease.run, from + index)))
    await this.#store.append(lease, { ...append, entries: await Promise.all(sealed) })
  }

  async load(run: string): Promise<StoredRun | undefined> {
    const stored = await this.#store.load(run)
    if (stored === undefined) return undefined
    const [header, ...entries] = await Promise.all([
      this.#sealer.open(stored.header, this.#place(run, 'header')),
      ...stored.entries.map((entry, position) => this.#sealer.open(entry, this.#place(run, position))),
    ])
    return { ...stored, header: header as string, entries }
  }

  claim(run: string, claim: Claim): Promise<Lease | undefined> {
    return this.#store.claim(run, claim)
  }

  release(lease: Lease): Promise<void> {
    return this.#store.release(lease)
  }

  list(filter?: RunFilter): AsyncIterable<RunSummary> {
    return this.#store.list(filter)
  }

  delete(run: string): Promise<boolean> {
    return this.#store.delete(run)
  }

  scope(tenant: string): RunStore {
    return new SealedStore(this.#store.scope(tenant), this.#sealer, tenant)
  }

  close(): Promise<void> {
    return this.#store.close()
  }

  #place(run: string, position: number | 'header'): string {
    return JSON.stringify([this.#tenant, run, position])
  }
}

/** Seals and opens texts with a set of keys. */
class Sealer {
  readonly #first: string
  readonly #keys = new Map<string, Promise<CryptoKey>>()

  constructor(keys: readonly SealingKey[]) {
    const [first] = keys
    if (first === undefined) throw new TypeError('`keys` must have at least one key')
    this.#first = first.id
    for (const given of keys) {
      assertKnownOptions('`keys`', given, ['id', 'key'])
      const { id, key } = given
      if (!KEY_IDS.test(id))
        throw new TypeError(`The id of a key must match ${KEY_IDS.source}; got ${JSON.stringify(id)}`)
      if (!(key instanceof Uint8Array) || key.byteLength !== KEY_BYTES)
        throw new TypeError(`The key ${id} must be a Uint8Array of ${KEY_BYTES} bytes`)
      if (this.#keys.has(id)) throw new TypeError(`Two keys are called ${id}`)
      this.#keys.set(id, crypto.subtle.importKey('raw', key, 'AES-GCM', false, ['encrypt', 'decrypt']))
    }
  }

  /** @param place where the text belongs, which is authenticated */
  async seal(text: string, place: string): Promise<string> {
    const iv = crypto.getRandomValues(new Uint8Array(IV_BYTES))
    const key = await (this.#keys.get(this.#first) as Promise<CryptoKey>)
    const sealed = await crypto.subtle.encrypt(algorithm(iv, place), key, new TextEncoder().encode(text))
    return `${MARK}.${this.#first}.${bytesToBase64(iv)}.${bytesToBase64(new Uint8Array(sealed))}`
  }

  /** @throws `RunError` `RUN_STORE_FAILED` if the text was changed, moved or sealed with another key */
  async open(text: string, place: string): Promise<string> {
    const [mark, id = '', iv = '', sealed = ''] = text.split('.')
    const key = this.#keys.get(id)
    if (mark !== MARK || key === undefined)
      throw new RunError('RUN_STORE_FAILED', `The text at ${place} is not sealed with any of the keys`)
    try {
      const opened = await crypto.subtle.decrypt(algorithm(bytesOf(iv), place), await key, bytesOf(sealed))
      return new TextDecoder().decode(opened)
    } catch (error) {
      throw new RunError('RUN_STORE_FAILED', `The text at ${place} was changed or moved, or its key is another`, {
        cause: error,
      })
    }
  }
}

const algorithm = (iv: Uint8Array<ArrayBuffer>, place: string): AesGcmParams => ({
  name: 'AES-GCM',
  iv,
  additionalData: new TextEncoder().encode(place),
})

function bytesOf(text: string): Uint8Array<ArrayBuffer> {
  const bytes = base64ToBytes(text)
  if (bytes === undefined) throw new TypeError('not base64')
  return bytes
}
