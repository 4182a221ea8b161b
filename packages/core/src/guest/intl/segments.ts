import { define, named } from '../define.ts'

/** Starts of the segments of a text, and whether each is a word. */
export interface Segmented {
  readonly starts: readonly number[]
  readonly words?: readonly boolean[]
}

/** Defines `Intl.Segmenter.prototype.segment`. */
export function defineSegments(prototype: object, segmentsOf: (receiver: unknown, text: string) => Segmented): void {
  class Segments {
    readonly #text: string
    readonly #segmented: Segmented

    constructor(text: string, segmented: Segmented) {
      this.#text = text
      this.#segmented = segmented
    }

    containing(index?: unknown): object | undefined {
      const at = Math.trunc(Number(index) || 0)
      if (at < 0 || at >= this.#text.length) return undefined
      return this.#segment(this.#segmented.starts.findLastIndex((start) => start <= at))
    }

    *[Symbol.iterator](): Generator<object> {
      for (const number of this.#segmented.starts.keys()) yield this.#segment(number)
    }

    #segment(number: number): object {
      const { starts, words } = this.#segmented
      const index = starts[number] as number
      const segment = { segment: this.#text.slice(index, starts[number + 1]), index, input: this.#text }
      return words === undefined ? segment : { ...segment, isWordLike: words[number] }
    }
  }
  Reflect.deleteProperty(Segments.prototype, 'constructor')
  define(
    prototype,
    'segment',
    named('segment', function segment(this: unknown, given: unknown): object {
      const text = String(given)
      return new Segments(text, segmentsOf(this, text))
    }),
  )
}
