import type { Term, TermDictionary } from './term-dictionary.ts'
import type { ToolDocument, ToolDocumentParameter } from './tool-document.ts'
import type { WordSplitter } from './words.ts'

/** Searchable fields of a tool. */
export const FIELDS = ['name', 'namespace', 'description', 'parameters', 'provider'] as const
export type Field = (typeof FIELDS)[number]

/** Bit of each field in the mask of a term. */
const BITS: Readonly<Record<Field, number>> = { name: 1, namespace: 2, description: 4, parameters: 8, provider: 16 }
/** Bit of a term that is a part of the name, and not a whole identifier such as `listissu`. */
export const NAME_PART = 1 << FIELDS.length
/** Number of bits of a mask. */
export const MASK_BITS = FIELDS.length + 1

/** Searchable text of a tool by field. */
export type OwnTexts = Readonly<Record<'name' | 'description' | 'parameters', string>>
/** Searchable text that all tools of a namespace share, by field. */
export type SharedTexts = Readonly<Record<'namespace' | 'provider', string>>

/** Maximum length of each field in UTF-16 code units. The rest is not searchable. */
const MAX_LENGTHS: Readonly<Record<Field, number>> = {
  name: 256,
  namespace: 256,
  description: 4_096,
  parameters: 4_096,
  provider: 2_048,
}
/** Maximum number of parameters that are searchable, and maximum length of the description of each. */
const MAX_PARAMETERS = 100
const MAX_PARAMETER_LENGTH = 512
/** Maximum number of terms of a document, and maximum number of those that its provider adds. */
const MAX_TERMS = 1_024
const MAX_PROVIDER_TERMS = 256

/** Returns the searchable text of a tool. Its size is bounded, whatever the size of the tool. */
export function ownTexts({ name, description = '', parameters = [] }: ToolDocument): OwnTexts {
  return {
    name: clip(name, MAX_LENGTHS.name),
    description: clip(description, MAX_LENGTHS.description),
    parameters: parametersText(parameters),
  }
}

function parametersText(parameters: readonly ToolDocumentParameter[]): string {
  let text = ''
  for (const { name, description = '' } of parameters.slice(0, MAX_PARAMETERS)) {
    text += `${clip(name, MAX_LENGTHS.name)}\n${clip(description, MAX_PARAMETER_LENGTH)}\n`
    if (text.length >= MAX_LENGTHS.parameters) break
  }
  return text.slice(0, MAX_LENGTHS.parameters)
}

/** Shortens a text. Engines implement `slice` as a view that retains the whole text, so the rest is copied. */
function clip(text: string, maxLength: number): string {
  return text.length <= maxLength ? text : (JSON.parse(JSON.stringify(text.slice(0, maxLength))) as string)
}

/** Returns the searchable text that all tools of a namespace share. Its size is bounded. */
export function sharedTexts(namespace: string, description: string): SharedTexts {
  return { namespace: clip(namespace, MAX_LENGTHS.namespace), provider: clip(description, MAX_LENGTHS.provider) }
}

/** Terms that all tools of a namespace share, with their masks. */
export interface SharedTerms {
  readonly masks: readonly (readonly [text: string, mask: number])[]
  readonly lengths: Lengths
}

/** Number of terms by field, in the order of {@link FIELDS}. */
export type Lengths = readonly number[]

/** Collects the terms of one document after another. */
export class TermCollector {
  readonly #splitter: WordSplitter
  readonly #dictionary: TermDictionary
  /** Terms of the current document. */
  #terms: Term[] = []

  constructor(splitter: WordSplitter, dictionary: TermDictionary) {
    this.#splitter = splitter
    this.#dictionary = dictionary
  }

  shared(texts: SharedTexts): SharedTerms {
    const lengths = FIELDS.map(() => 0)
    for (const field of ['namespace', 'provider'] as const) {
      lengths[FIELDS.indexOf(field)] = this.#add(texts[field], field, MAX_PROVIDER_TERMS)
    }
    return { masks: this.#take().map((term) => [term.text, this.#dictionary.release(term)]), lengths }
  }

  /** Adds a document to the postings of its terms. */
  post(slot: number, texts: OwnTexts, shared: SharedTerms): { terms: Term[]; nameTerms: Term[]; lengths: Lengths } {
    for (const [text, mask] of shared.masks) this.#touch(text, mask, MAX_TERMS)
    const lengths = [...shared.lengths]
    for (const field of ['name', 'description', 'parameters'] as const) {
      lengths[FIELDS.indexOf(field)] = this.#add(texts[field], field, MAX_TERMS)
    }
    const terms = this.#take()
    const nameTerms = terms.filter(({ mask }) => mask & NAME_PART)
    for (const term of terms) this.#dictionary.post(term, slot)
    return { terms, nameTerms, lengths }
  }

  #take(): Term[] {
    const terms = this.#terms
    this.#terms = []
    return terms
  }

  /** Returns the number of terms. */
  #add(text: string, field: Field, max: number): number {
    const bit = BITS[field]
    const partBits = field === 'name' ? bit | NAME_PART : bit
    let length = 0
    this.#splitter.split(text, ({ whole, parts }) => {
      if (whole !== undefined) length += this.#touch(whole, parts.length === 0 ? partBits : bit, max)
      for (const part of parts) length += this.#touch(part, partBits, max)
      return true
    })
    return length
  }

  #touch(text: string, bits: number, max: number): number {
    const term = this.#dictionary.obtain(text)
    if (term.mask === 0) {
      if (this.#terms.length >= max) {
        this.#dictionary.release(term)
        return 0
      }
      this.#terms.push(term)
    }
    term.mask |= bits
    return 1
  }
}
