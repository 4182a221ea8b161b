import { distance } from 'fastest-levenshtein'
import { MASK_BITS } from './document-terms.ts'

/** A term and the documents that contain it. */
export interface Term {
  readonly text: string
  /** Slot of each document, shifted by {@link MASK_BITS}, plus the bit mask of the fields that contain the term. Ascending. */
  readonly postings: number[]
  /** Bit mask of the fields of the document that is being collected. Otherwise 0. */
  mask: number
}

/** Maximum number of longer terms that a prefix stands for, and maximum number that are compared to choose them. */
const MAX_PREFIXED = 16
const MAX_PREFIXED_COMPARED = 1_000
/** Maximum number of changes that are inserted one by one. More are sorted. */
const MAX_INSERTED = 200
/** Maximum number of terms that are compared to correct a spelling mistake. */
const MAX_SIMILAR_COMPARED = 20_000

/** Terms by exact text, by prefix and by similarity. */
export class TermDictionary {
  readonly #terms = new Map<string, Term>()
  /** Texts in the order of UTF-16 code units, before the changes in `added` and `removed`. */
  #sorted: string[] = []
  readonly #added = new Set<string>()
  readonly #removed = new Set<string>()

  get(text: string): Term | undefined {
    return this.#terms.get(text)
  }

  /** Returns a term, which is created if necessary. The caller passes it to {@link post} or {@link release}. */
  obtain(text: string): Term {
    let term = this.#terms.get(text)
    if (term === undefined) {
      term = { text, postings: [], mask: 0 }
      this.#terms.set(text, term)
    }
    return term
  }

  /** Adds a document, with the collected mask, to the postings of a term. */
  post(term: Term, slot: number): void {
    const { postings } = term
    const posting = (slot << MASK_BITS) | term.mask
    term.mask = 0
    if (postings.length === 0 && !this.#removed.delete(term.text)) this.#added.add(term.text)
    // Slots mostly grow, so this appends.
    if (postings.length === 0 || (postings[postings.length - 1] as number) < posting) postings.push(posting)
    else postings.splice(positionOf(postings, posting), 0, posting)
  }

  /** Returns the collected mask of a term, and removes the term if no document contains it. */
  release(term: Term): number {
    const { mask } = term
    term.mask = 0
    if (term.postings.length === 0) this.#terms.delete(term.text)
    return mask
  }

  remove(term: Term, slot: number): void {
    const { postings } = term
    postings.splice(positionOf(postings, slot << MASK_BITS), 1)
    if (postings.length > 0) return
    this.#terms.delete(term.text)
    if (!this.#added.delete(term.text)) this.#removed.add(term.text)
  }

  /** Returns the shortest terms that begin with a text and are longer. */
  startingWith(text: string): Term[] {
    return this.#range(text, MAX_PREFIXED_COMPARED)
      .filter((other) => other !== text)
      .sort(byLength)
      .slice(0, MAX_PREFIXED)
      .map((other) => this.#terms.get(other) as Term)
  }

  /** Returns the terms with the same first character and the fewest differences, to correct a spelling mistake. */
  similarTo(text: string, maxDifferences: number): Term[] {
    let found: string[] = []
    let fewest = maxDifferences
    for (const other of this.#range(text.charAt(0), MAX_SIMILAR_COMPARED)) {
      // The edit distance is at least the difference of the lengths.
      if (Math.abs(other.length - text.length) > fewest) continue
      const differences = distance(text, other)
      if (differences > fewest) continue
      if (differences < fewest) found = []
      fewest = differences
      found.push(other)
    }
    return found.map((other) => this.#terms.get(other) as Term)
  }

  /** Returns the first texts that begin with a prefix, sorted. */
  #range(prefix: string, max: number): string[] {
    this.#sort()
    const start = positionOf(this.#sorted, prefix)
    let end = start
    while (end - start < max && this.#sorted[end]?.startsWith(prefix)) end++
    return this.#sorted.slice(start, end)
  }

  #sort(): void {
    if (this.#added.size + this.#removed.size <= MAX_INSERTED) {
      for (const text of this.#removed) this.#sorted.splice(positionOf(this.#sorted, text), 1)
      for (const text of this.#added) this.#sorted.splice(positionOf(this.#sorted, text), 0, text)
    } else {
      const kept = this.#sorted.filter((text) => !this.#removed.has(text))
      this.#sorted = [...kept, ...this.#added].sort()
    }
    this.#added.clear()
    this.#removed.clear()
  }
}

const byLength = (one: string, other: string): number => one.length - other.length || (one < other ? -1 : 1)

/** Returns the index of the first element that is not less than `wanted`. */
function positionOf<Element extends string | number>(sorted: readonly Element[], wanted: Element): number {
  let low = 0
  let high = sorted.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((sorted[middle] as Element) < wanted) low = middle + 1
    else high = middle
  }
  return low
}
