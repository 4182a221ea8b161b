/** A name at a server. */
export interface Owner {
  readonly server: string
  readonly name: string
}

/** Maximum number of names of one server, and of characters of one name. Further ones are left out. */
const MAX_NAMES = 10_000
const MAX_LENGTH = 1_000

/**
 * Names of one kind, and the servers to which they belong. A name stays with the server that had it first; the same name of
 * another server is seen with the server's name before it.
 */
export class Names {
  readonly #owners = new Map<string, Owner>()
  /** Names that clients see, by server and name there. */
  readonly #seen = new Map<string, Map<string, string>>()
  readonly #separator: string | undefined
  readonly #reserved: ReadonlySet<string>

  /**
   * @param separator stands between a server and its name. Undefined for names that cannot change, such as addresses
   * @param reserved names that no server gets
   */
  constructor(separator: string | undefined, reserved: readonly string[] = []) {
    this.#separator = separator
    this.#reserved = new Set(reserved)
  }

  /** Returns the name under which clients see a name of a server. Undefined if there are too many, or it is too long. */
  add(server: string, name: string): string | undefined {
    const own = this.#seen.get(server) ?? new Map<string, string>()
    const known = own.get(name)
    if (known !== undefined) return known
    if (own.size >= MAX_NAMES || name.length > MAX_LENGTH) return undefined
    const seen = this.#freeName(server, name)
    this.#seen.set(server, own.set(name, seen))
    if (!this.#owners.has(seen)) this.#owners.set(seen, { server, name })
    return seen
  }

  find(seen: string): Owner | undefined {
    return this.#owners.get(seen)
  }

  /** Returns the names of all servers. */
  all(): Iterable<readonly [seen: string, owner: Owner]> {
    return this.#owners
  }

  #freeName(server: string, name: string): string {
    const isFree = (each: string) => !this.#owners.has(each) && !this.#reserved.has(each)
    if (this.#separator === undefined || isFree(name)) return name
    const joined = `${server}${this.#separator}${name}`
    let free = joined
    for (let count = 2; !isFree(free); count++) free = `${joined}_${count}`
    return free
  }
}
