import { bestMatches, type SearchMatch } from './best-matches.ts'
import { DocumentTable, type IndexedDocument } from './document-table.ts'
import { ownTexts, type SharedTerms, sharedTexts, TermCollector } from './document-terms.ts'
import { hashOf } from './hash.ts'
import { QueryParser } from './query.ts'
import { DEFAULT_RANKING, type RankingParameters } from './ranking-parameters.ts'
import { Scorer } from './scorer.ts'
import { synonymsBy } from './synonyms.ts'
import { TermDictionary } from './term-dictionary.ts'
import type { ToolDocument } from './tool-document.ts'
import { termOf, WordSplitter } from './words.ts'

export interface SearchMatches {
  /** Best matches first. Empty if no tool matches enough of the query. */
  readonly matches: readonly SearchMatch[]
  /** Number of tools that match, including those that `limit` and `offset` leave out. */
  readonly total: number
  /**
   * Words of the query, as written, that no searched tool contains, not even as a synonym or as the beginning of a word.
   * Stop words are left out.
   */
  readonly unmatched: readonly string[]
}

export interface SearchOptions {
  /** The only namespace whose tools are searched. Default: all. */
  readonly namespace?: string | undefined
  /** Maximum number of matches. Default: 10. */
  readonly limit?: number | undefined
  /** Number of best matches to skip. Default: 0. */
  readonly offset?: number | undefined
}

export interface NamespaceOptions {
  /** Description or instructions of the provider (the server). Default: none. */
  readonly description?: string | undefined
  readonly signal?: AbortSignal | undefined
}

interface Namespace {
  readonly id: number
  readonly documents: Map<string, IndexedDocument>
  /** Number of the latest change. An older change that is still running stops. */
  change: number
}

/** Terms that all documents of a namespace share. */
interface Shared {
  readonly terms: SharedTerms
  readonly hash: string
}

/** Work between two turns of the event loop, in characters. It takes about two milliseconds. */
const SLICE_COST = 16_384
/** Cost of a document in addition to its text. */
const STEP_COST = 16

/** Ranks tools for a text query. The same documents have the same ranks, whatever the order of changes. */
export class ToolIndex {
  readonly #namespaces = new Map<string, Namespace>()
  readonly #dictionary = new TermDictionary()
  readonly #splitter = new WordSplitter()
  readonly #collector = new TermCollector(this.#splitter, this.#dictionary)
  readonly #table: DocumentTable
  readonly #parser: QueryParser
  readonly #scorer: Scorer
  /** Hashes of documents that were set before, so that the same object is not read again. */
  readonly #hashes = new WeakMap<ToolDocument, string>()
  #nextId = 0
  /** Work since the last turn of the event loop. Many small namespaces share a slice. */
  #cost = 0

  constructor(ranking: RankingParameters = DEFAULT_RANKING) {
    this.#table = new DocumentTable(ranking)
    this.#parser = new QueryParser(this.#dictionary, this.#splitter, synonymsBy(termOf), ranking)
    this.#scorer = new Scorer(this.#table, ranking)
  }

  /**
   * Replaces the documents of a namespace. Only changed documents are indexed again; a document must not be modified
   * after it is passed. Of documents with the same path, the last one counts.
   *
   * The work yields to the event loop. A search in between finds some documents in their old and some in their new
   * state. If the namespace is set again or removed meanwhile, the remaining work is skipped.
   *
   * @throws the reason of `signal`; the documents so far remain
   */
  async setNamespace(
    name: string,
    documents: readonly ToolDocument[],
    { description = '', signal }: NamespaceOptions = {},
  ): Promise<void> {
    signal?.throwIfAborted()
    const namespace = this.#namespaces.get(name) ?? { id: this.#nextId++, documents: new Map(), change: 0 }
    this.#namespaces.set(name, namespace)
    const change = ++namespace.change
    const texts = sharedTexts(name, description)
    const shared = { terms: this.#collector.shared(texts), hash: hashOf([texts.namespace, texts.provider]) }
    const wanted = new Map(documents.map((document) => [document.path, document]))
    const stale = [...namespace.documents.values()].filter(({ path }) => !wanted.has(path))
    const steps = [
      ...stale.reverse().map((document) => () => this.#delete(namespace, document)),
      ...[...wanted.values()].map((document) => () => this.#set(namespace, document, shared)),
    ]
    for (const step of steps) {
      this.#cost += STEP_COST + step()
      if (this.#cost < SLICE_COST) continue
      this.#cost = 0
      await nextTurn()
      signal?.throwIfAborted()
      if (namespace.change !== change) return
    }
  }

  /** Removes the documents of a namespace, if there are any. */
  removeNamespace(name: string): void {
    const namespace = this.#namespaces.get(name)
    if (namespace === undefined) return
    namespace.change++
    this.#namespaces.delete(name)
    // The latest slots first, which are at the end of the postings.
    for (const document of [...namespace.documents.values()].reverse()) this.#delete(namespace, document)
  }

  search(query: string, { namespace: name, limit = 10, offset = 0 }: SearchOptions = {}): SearchMatches {
    const terms = this.#parser.parse(query)
    const namespace = name === undefined ? undefined : (this.#namespaces.get(name)?.id ?? -1)
    const { matches, matched } = this.#scorer.score(terms, namespace)
    const known = new Set([...matched].flatMap(({ words }) => [...words.keys()]))
    const unknown = new Map(terms.flatMap(({ words }) => [...words]).filter(([word]) => !known.has(word)))
    const found = matches.map(({ slot, score }) => ({ path: this.#table.get(slot).path, score }))
    const best = bestMatches(found, offset + limit).slice(offset)
    return { matches: best, total: matches.length, unmatched: [...unknown.values()] }
  }

  /** Returns the cost in characters. */
  #set(namespace: Namespace, document: ToolDocument, shared: Shared): number {
    const old = namespace.documents.get(document.path)
    const known = this.#hashes.get(document)
    if (known !== undefined && old?.hash === known && old.sharedHash === shared.hash) return 0
    const texts = ownTexts(document)
    const cost = texts.name.length + texts.description.length + texts.parameters.length
    const hash = hashOf([texts.name, texts.description, texts.parameters])
    this.#hashes.set(document, hash)
    if (old?.hash === hash && old.sharedHash === shared.hash) return cost / 8
    if (old !== undefined) this.#delete(namespace, old)
    const slot = this.#table.takeSlot()
    const posted = this.#collector.post(slot, texts, shared.terms)
    const { path } = document
    const indexed = { path, slot, namespace: namespace.id, hash, sharedHash: shared.hash, ...posted }
    this.#table.set(indexed)
    namespace.documents.set(path, indexed)
    return cost + posted.terms.length * 4
  }

  /** Returns the cost in characters. */
  #delete(namespace: Namespace, document: IndexedDocument): number {
    for (const term of document.terms) this.#dictionary.remove(term, document.slot)
    this.#table.delete(document)
    namespace.documents.delete(document.path)
    return document.terms.length * 4
  }
}

/** Node has `setImmediate`, which takes less than the millisecond of a timer. Browsers do not. */
const nextTurn = (): Promise<void> => new Promise((resolve) => (globalThis.setImmediate ?? setTimeout)(resolve))
