/**
 * Limits on the cost of converting untrusted schemas. Each is several times what the largest real schemas need: the
 * tools of servers in use, and the API descriptions of GitHub, OpenAI, Figma and Notion. A schema over a limit gets a
 * wider type and a warning.
 */

/**
 * Maximum work to read one schema, in steps. A step is a keyword, a property, a constant, or a part of a merged type.
 */
export const MAX_SCHEMA_WORK = 500_000
/** Maximum work to read all schemas of a catalog, in the same steps. */
export const MAX_CATALOG_WORK = 3_000_000
/** Maximum length of the declarations of one tool or schema, in characters before indentation. */
export const MAX_SCHEMA_TEXT = 2_000_000
/** Maximum length of the declarations of a catalog, in characters before indentation. */
export const MAX_CATALOG_TEXT = 8_000_000
/** Steps and characters reserved for each later tool, so that no tool can use up the limits of a catalog. */
const RESERVED_PER_TOOL = 4_000
/** Maximum length of one description, in characters. */
export const MAX_DESCRIPTION_LENGTH = 20_000
/** Maximum number of constants in an `enum`, or of values within a `const`. */
export const MAX_CONSTANTS = 20_000
/** Maximum total length of the constants of an `enum` or a `const`, in characters. */
export const MAX_CONSTANTS_LENGTH = 200_000
/** Maximum number of property name patterns in one object that become index signatures. */
export const MAX_TEMPLATES = 32
/** Maximum length of an absolute URI that names a schema, in characters. */
export const MAX_URI_LENGTH = 2_000
/** Maximum number of tools of one namespace that are declared. Programs may also call the others. */
export const MAX_LISTED_TOOLS = 20_000
/** Maximum number of warnings about one namespace. */
export const MAX_NAMESPACE_WARNINGS = 1_000

/** Thrown when a budget has no steps left. The owner of the budget catches it and declares a wider type. */
export class BudgetSpentError extends Error {
  override readonly name = 'BudgetSpentError'
}

/** Counts steps of work, or characters, down from a limit. */
export class Budget {
  readonly #limit: number
  #left: number

  constructor(limit: number) {
    this.#limit = limit
    this.#left = limit
  }

  /** Amount that was taken, at most the limit. */
  get used(): number {
    return this.#limit - Math.max(0, this.#left)
  }

  get isSpent(): boolean {
    return this.#left < 0
  }

  /**
   * Takes an amount from the budget.
   *
   * @throws `BudgetSpentError` if less than the amount is left, and on every later call
   */
  take(amount: number): void {
    this.#left -= amount
    if (this.#left < 0) throw new BudgetSpentError('The budget is spent')
  }

  /**
   * Takes an amount from the budget.
   *
   * @returns false if less than the amount is left, and on every later call
   */
  tryTake(amount: number): boolean {
    this.#left -= amount
    return this.#left >= 0
  }
}

/** Budget for types whose size has already been counted. */
export const UNBOUNDED = new Budget(Number.POSITIVE_INFINITY)

/**
 * Divides a total among parties that take their shares one after another. Later parties may use what earlier ones
 * leave.
 */
export class Allotment {
  readonly #total: number
  readonly #most: number
  readonly #reserved: number
  #left: number
  #parties: number

  /**
   * @param most maximum share of one party
   * @param reserved amount that each party leaves for each later one
   */
  private constructor(total: number, parties: number, most: number, reserved: number) {
    this.#total = total
    this.#left = total
    this.#parties = parties
    this.#most = most
    this.#reserved = reserved
  }

  /** Creates an allotment with an even share for each namespace of a catalog. */
  static amongNamespaces(total: number, count: number): Allotment {
    return new Allotment(total, count, total, total / Math.max(1, count))
  }

  /**
   * Creates an allotment that reserves up to half of the total for all tools of a namespace equally. Tools that need
   * more may use the rest.
   */
  static amongTools(total: number, count: number, most: number): Allotment {
    return new Allotment(total, count, most, Math.min(RESERVED_PER_TOOL, total / 2 / Math.max(1, count)))
  }

  get used(): number {
    return this.#total - this.#left
  }

  /** Returns the maximum share of the next party. Pass the amount that it uses to {@link settle}. */
  next(): number {
    this.#parties--
    const free = this.#left - this.#reserved * Math.max(0, this.#parties)
    return Math.max(0, Math.min(this.#most, Math.floor(free)))
  }

  settle(used: number): void {
    this.#left -= used
  }
}
