import type { Catalog } from '../catalog/catalog.ts'
import type { ObservedOutputs } from '../catalog/live-catalog.ts'
import type { CatalogTool, ObservedIn, ObservedOutput } from '../catalog/namespace.ts'
import type { Tool } from '../catalog/tool.ts'
import { assertKnownOptions } from '../contract/options.ts'
import type { MergeShapes, Shape, ShapeStore, ToolShape } from '../contract/shape-store.ts'
import { typeTextOf } from '../declarations/type-text.ts'
import { hashOf } from '../search/hash.ts'
import { canonicalSchema } from '../values/canonical-schema.ts'
import { isUndeclared, observedOutput } from './observed-output.ts'
import { parseShape } from './shape.ts'
import { ShapeBuilder } from './shape-builder.ts'

/** Options for learning the outputs of tools that declare none. */
export interface LearnOptions {
  /** Keeps the shapes. Default: they are kept as long as the code mode */
  readonly store?: ShapeStore
  /**
   * Whose shapes are learnt and declared. Everybody who uses the code mode reads the declarations, so results of executions
   * with another principal are not learnt. An execution without a principal counts as one of this principal. Default: shapes
   * that belong to no principal
   */
  readonly principal?: string
  /** Shapes that are known from elsewhere, such as a file that a team shares. They are not written to the store. */
  readonly shipped?: readonly ToolShape[]
  /**
   * Whether the header lines of tables in texts are kept. They tell a model the columns, and may be data.
   *
   * @default false
   */
  readonly headers?: boolean
  /** Called if a shape cannot be used, or if shapes cannot be written, or read in the background. Default: `console.warn` */
  readonly onError?: (error: unknown) => void
}

/** Type of a tool's result that a program was the first to see. */
export interface ObservedResult {
  /** Tool, as `namespace.tool`. */
  readonly tool: string
  /** TypeScript type, or its keys if it is long. */
  readonly type: string
}

const OPTIONS = ['store', 'principal', 'shipped', 'headers', 'onError']
/** Maximum number of tools whose shapes one code mode keeps. */
const MAX_TOOLS = 10_000

/** Maximum length of a name in a message, in characters. */
const MAX_NAME = 100

interface Learnt {
  readonly server: string
  readonly version: string | undefined
  readonly tool: string
  readonly digest: string
  readonly shape: ShapeBuilder
  results: number
  /** The last declared state, until the shape changes, or the number of results doubles. */
  output: { readonly observed: ObservedOutput; readonly changes: number } | undefined
  /** Results that the store does not have yet. */
  unsaved: { readonly shape: ShapeBuilder; results: number } | undefined
}

/** The shapes of the results of a code mode's tools. */
export class LearntShapes implements ObservedOutputs {
  readonly #store: ShapeStore | undefined
  readonly #options: Omit<LearnOptions, 'store'>
  readonly #headers: boolean
  readonly #learnt = new Map<string, Learnt>()
  /** Tools of which something was learnt. The digests of others are not needed. */
  readonly #tools = new Set<string>()
  readonly #digests = new WeakMap<Tool, string>()
  readonly #told = new Set<Learnt>()
  #saving: Promise<void> = Promise.resolve()
  #isChanged = false
  #listener: () => void = () => {}

  /** @throws `TypeError` for an invalid option */
  constructor(given: ShapeStore | LearnOptions) {
    const { store, ...options }: LearnOptions = isStore(given) ? { store: given } : given
    assertKnownOptions('`learn`', options, OPTIONS)
    if (store !== undefined && !isStore(store))
      throw new TypeError('`learn.store` must be a store of shapes, such as memoryShapes()')
    this.#store = store
    this.#options = options
    this.#headers = options.headers === true
    for (const shape of options.shipped ?? []) this.#addKnown(shape)
  }

  /** Creates shapes that are loaded in the background, for code that is synchronous. */
  static loading(given: ShapeStore | LearnOptions): LearntShapes {
    const shapes = new LearntShapes(given)
    shapes.load().catch(shapes.#onError)
    return shapes
  }

  /** Loads what the store has. */
  async load(): Promise<void> {
    for (const shape of (await this.#store?.load(this.#options.principal)) ?? []) this.#addKnown(shape)
    this.#listener()
  }

  onChange(listener: () => void): void {
    this.#listener = listener
  }

  /** Returns whether results of executions of a principal may be learnt. */
  isFor(principal: string | undefined): boolean {
    return principal === undefined || principal === this.#options.principal
  }

  /** Returns what was observed of a tool that declares no output. */
  readonly observed: ObservedIn = (server, version, tool) => {
    if (!isUndeclared(tool.outputSchema)) return undefined
    const learnt = this.#find(server, version, tool)
    return learnt && observedOf(learnt)
  }

  /** Adds a result of a tool. What goes wrong is reported, and never the failure of a call. */
  record(entry: CatalogTool, output: unknown): void {
    if (!isUndeclared(entry.tool.outputSchema)) return
    try {
      const result = this.#builder()
      result.add(output)
      this.#add(entry, result.shape ?? true)
    } catch (error) {
      this.#onError(error)
    }
  }

  #add({ path, tool, version }: CatalogTool, shape: Shape): void {
    const server = namespaceOf(path)
    let learnt = this.#find(server, version, tool)
    if (learnt === undefined) {
      if (this.#learnt.size >= MAX_TOOLS) return
      learnt = this.#create({ server, version, tool: tool.name, digest: this.#digestOf(version, tool) })
    }
    learnt.unsaved ??= { shape: this.#builder(), results: 0 }
    learnt.unsaved.results++
    learnt.unsaved.shape.addShape(shape)
    learnt.results++
    learnt.shape.addShape(shape)
    if (isStale(learnt)) this.#isChanged = true
  }

  /** Declares and saves what an execution has changed. It is saved in the background. */
  settle(): void {
    if (!this.#isChanged) return
    this.#isChanged = false
    this.#listener()
    this.#save()
  }

  /** Returns the types of results whose tools had an unknown type when the program started, each once. */
  tell(paths: Iterable<string>, catalog: Catalog): readonly ObservedResult[] {
    const entries = new Set([...paths].flatMap((path) => catalog.find(path) ?? []))
    return [...entries].flatMap(({ path, tool, version, observed }) => {
      if (observed !== undefined || !isUndeclared(tool.outputSchema)) return []
      const learnt = this.#find(namespaceOf(path), version, tool)
      if (learnt === undefined || this.#told.has(learnt)) return []
      this.#told.add(learnt)
      return { tool: path, type: typeTextOf(observedOf(learnt).schema) }
    })
  }

  /** Saves everything, and resolves when that is done. */
  async close(): Promise<void> {
    this.#save()
    await this.#saving
  }

  #save(): void {
    const unsaved = [...this.#learnt.values()].filter((learnt) => learnt.unsaved !== undefined)
    if (this.#store === undefined || unsaved.length === 0) return
    const added = unsaved.map((learnt): ToolShape => {
      const { server, version, tool, digest } = learnt
      const { results, shape } = learnt.unsaved as NonNullable<Learnt['unsaved']>
      learnt.unsaved = undefined
      return { server, ...(version !== undefined && { version }), tool, digest, results, shape: shape.shape ?? true }
    })
    const save = () => this.#store?.save(this.#options.principal, added, mergeToolShapes)
    this.#saving = this.#saving.then(save).catch((error: unknown) => {
      // The next attempt saves them, too.
      for (const shape of added) this.#keepUnsaved(shape)
      this.#onError(error)
    })
  }

  #keepUnsaved({ shape, results, ...of }: ToolShape): void {
    const learnt = this.#learnt.get(keyOf(of))
    if (learnt === undefined) return
    learnt.unsaved ??= { shape: this.#builder(), results: 0 }
    learnt.unsaved.results += results
    learnt.unsaved.shape.addShape(shape)
  }

  readonly #onError = (error: unknown): void => (this.#options.onError ?? console.warn)(error)

  /** Adds a shape from elsewhere. One that cannot be used is reported: nothing depends on it. */
  #addKnown(given: ToolShape): void {
    let parsed: ToolShape
    try {
      parsed = parseToolShape(given)
    } catch (error) {
      return this.#onError(error)
    }
    const { server, version, tool, digest, results, shape } = parsed
    const known = this.#learnt.get(keyOf({ server, tool, digest }))
    const learnt = known ?? this.#create({ server, version, tool, digest })
    learnt.results += results
    learnt.shape.addShape(shape)
  }

  #create(of: Pick<Learnt, 'server' | 'version' | 'tool' | 'digest'>): Learnt {
    const learnt = { ...of, shape: this.#builder(), results: 0, output: undefined, unsaved: undefined }
    this.#learnt.set(keyOf(of), learnt)
    this.#tools.add(nameOf(of.server, of.tool))
    return learnt
  }

  /** Finds what was learnt of a tool as it is now. */
  #find(server: string, version: string | undefined, tool: Tool): Learnt | undefined {
    if (!this.#tools.has(nameOf(server, tool.name))) return undefined
    return this.#learnt.get(keyOf({ server, tool: tool.name, digest: this.#digestOf(version, tool) }))
  }

  #builder(): ShapeBuilder {
    return new ShapeBuilder({ headers: this.#headers })
  }

  #digestOf(version: string | undefined, tool: Tool): string {
    let digest = this.#digests.get(tool)
    if (digest === undefined) {
      const { description = '', inputSchema, outputSchema } = tool
      digest = hashOf([version ?? '', description, canonicalSchema(inputSchema), canonicalSchema(outputSchema)])
      this.#digests.set(tool, digest)
    }
    return digest
  }
}

/** Combines two shapes of a tool. If the tool has changed in between, the second one replaces the first. */
export const mergeToolShapes: MergeShapes = (stored, added) => {
  if (stored.digest !== added.digest) return added
  const shape = new ShapeBuilder({ headers: true })
  shape.addShape(parseShape(stored.shape))
  shape.addShape(added.shape)
  return { ...added, results: stored.results + added.results, shape: shape.shape ?? true }
}

/**
 * Checks the shape of a tool's results from a file or a store.
 *
 * @throws `TypeError` for anything else
 */
export function parseToolShape(given: ToolShape): ToolShape {
  const { server, version, tool, digest, results } = given
  const name = `${String(server).slice(0, MAX_NAME)}.${String(tool).slice(0, MAX_NAME)}`
  if (![server, version ?? '', tool, digest].every((text) => typeof text === 'string'))
    throw new TypeError(`invalid shape of ${name}: \`server\`, \`version\`, \`tool\` and \`digest\` must be texts`)
  if (!Number.isSafeInteger(results) || results < 0)
    throw new TypeError(`invalid shape of ${name}: \`results\` must be the number of results`)
  try {
    return { ...given, shape: parseShape(given.shape) }
  } catch (error) {
    throw new TypeError(`invalid shape of ${name}: ${(error as Error).message}`, { cause: error })
  }
}

const isStore = (value: ShapeStore | LearnOptions): value is ShapeStore =>
  typeof (value as Partial<ShapeStore>).load === 'function' && typeof (value as Partial<ShapeStore>).save === 'function'

const keyOf = ({ server, tool, digest }: Pick<Learnt, 'server' | 'tool' | 'digest'>): string =>
  `${nameOf(server, tool)}\n${digest}`

const nameOf = (server: string, tool: string): string => `${server}\n${tool}`

const namespaceOf = (path: string): string => path.slice(0, path.indexOf('.'))

const isStale = ({ output, shape, results }: Learnt): boolean =>
  output === undefined || output.changes !== shape.changes || results >= 2 * output.observed.results

function observedOf(learnt: Learnt): ObservedOutput {
  if (learnt.output === undefined || isStale(learnt)) {
    const observed = observedOutput(learnt.shape.shape ?? true, learnt.results)
    learnt.output = { observed, changes: learnt.shape.changes }
  }
  return learnt.output.observed
}
