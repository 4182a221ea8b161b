import type { Catalog } from '../catalog/catalog.ts'
import { createCatalog } from '../catalog/catalog.ts'
import { type ToolRecord, toolProvider } from '../catalog/provider.ts'
import type { JsonSchema, Tool } from '../catalog/tool.ts'
import { docsBy } from './doc.ts'
import { TypeNames } from './names.ts'
import { type ReadNamespace, type ReadTool, readTools, type ToolWarning, writeNamespace } from './namespace.ts'
import { Printer } from './printer.ts'
import { type Position, Reader } from './reader.ts'
import type { Documents } from './references.ts'
import { RULES, STYLES, type Style, type StyleRules } from './style.ts'
import { type SchemaWarning, Warnings } from './warnings.ts'

export interface TypeOptions {
  /** What the type is called, if it needs a name. */
  readonly name: string
  /** `value` unless told otherwise: the schema is read to the letter. */
  readonly position?: Position
  /** Other documents that references may point into, by their absolute URI. Nothing is fetched. */
  readonly documents?: Documents
}

/** The TypeScript of one schema. */
export interface SchemaType {
  /** The named types that `type` needs. */
  readonly declarations: string
  /** A type expression. */
  readonly type: string
  /** What the type does not say. It is then wider than the schema, never narrower. */
  readonly warnings: readonly SchemaWarning[]
}

/** Converts one schema of draft-04 to 2020-12, or of OpenAPI 3. Every valid value is of the type. */
export function typeFromSchema(schema: JsonSchema, options: TypeOptions): SchemaType {
  const { name, position = 'value', documents } = options
  const warnings = new Warnings()
  const printer = new Printer(new TypeNames(), docsBy(RULES.full, ''))
  const given = { name, position, warnings, ...(documents === undefined ? {} : { documents }) }
  const entry = printer.add(new Reader(schema, given).read(), name)
  const inPlace = printer.print(entry)
  // What needs no other types, or is one of them, stands for itself.
  if (inPlace.declarations === '' || /^\w+$/.test(inPlace.type)) {
    return { declarations: inPlace.declarations, type: inPlace.type, warnings: warnings.list }
  }
  const named = printer.declare(entry, name)
  return {
    declarations: inPlace.declarations + named.declarations,
    type: named.type,
    warnings: warnings.list,
  }
}

export interface DeclarationOptions {
  /** `full` unless told otherwise. */
  readonly style?: Style
  /** Steps down from `style` until the text takes no more. */
  readonly maxTokens?: number
  /** Of the model that will read the text. Without it a token is taken to be 3.5 characters. */
  readonly countTokens?: (text: string) => number
}

/** The TypeScript of some tools, and what it does not say. */
export interface Declarations {
  readonly text: string
  readonly style: Style
  /** What a style or a budget left out, in words; empty where everything is said. */
  readonly omitted: readonly string[]
  readonly warnings: readonly ToolWarning[]
}

/** The TypeScript of some tools, under one namespace. */
export function declarationsFromTools(
  tools: ToolRecord | readonly Tool[],
  options: DeclarationOptions & { readonly namespace: string },
): Declarations {
  return declarationsFromCatalog(createCatalog(toolProvider({ name: options.namespace, tools })), options)
}

const CHARACTERS_PER_TOKEN = 3.5

/** The TypeScript of a catalog: an ambient namespace for each provider, a function for each tool. */
export function declarationsFromCatalog(catalog: Catalog, options: DeclarationOptions = {}): Declarations {
  const { style = 'full', maxTokens = Number.POSITIVE_INFINITY } = options
  const countTokens = options.countTokens ?? ((text: string) => Math.ceil(text.length / CHARACTERS_PER_TOKEN))
  if (!STYLES.includes(style)) throw new TypeError(`Unknown style ${style}; the styles are ${STYLES.join(', ')}`)
  const warnings: ToolWarning[] = []
  const namespaces = catalog.namespaces.map(({ identifier, description, tools }) => ({
    identifier,
    description,
    tools: readTools(tools, warnings),
  }))
  if (maxTokens === Number.POSITIVE_INFINITY) {
    return { text: write(namespaces, RULES[style]), style, omitted: OMITTED[style], warnings }
  }
  // What may be written again is read once, and kept.
  const read = namespaces.map((namespace) => ({ ...namespace, tools: [...namespace.tools] }))
  const fits = (text: string): boolean => countTokens(text) <= maxTokens
  for (const candidate of STYLES.slice(STYLES.indexOf(style))) {
    const text = write(read, RULES[candidate])
    if (fits(text)) return { text, style: candidate, omitted: OMITTED[candidate], warnings }
  }
  return { ...cut(read, fits), style: 'signatures', warnings }
}

const OMITTED: { readonly [style in Style]: readonly string[] } = {
  full: [],
  compact: ['examples', 'long descriptions'],
  signatures: ['types', 'descriptions of properties', 'long descriptions'],
}

type KeptNamespace = ReadNamespace<readonly ReadTool[]>

/** Where even the shortest style is too long, tools are left out from the end: as many as must be. */
function cut(read: readonly KeptNamespace[], fits: (text: string) => boolean): Pick<Declarations, 'text' | 'omitted'> {
  const count = read.reduce((sum, { tools }) => sum + tools.length, 0)
  let [kept, tooMany] = [0, count]
  while (tooMany - kept > 1) {
    const middle = (kept + tooMany) >> 1
    if (fits(writeFirst(read, middle))) kept = middle
    else tooMany = middle
  }
  const omitted = [...OMITTED.signatures, `${count - kept} of ${count} tools`]
  return { text: writeFirst(read, kept), omitted }
}

function write(read: readonly ReadNamespace[], rules: StyleRules): string {
  return read.map((namespace) => writeNamespace(namespace, rules)).join('\n')
}

/** @param most how many tools there is room for */
function writeFirst(read: readonly KeptNamespace[], most: number): string {
  let left = most
  const texts = read.map((namespace) => {
    const tools = namespace.tools.slice(0, left)
    left -= tools.length
    return writeNamespace({ ...namespace, tools }, RULES.signatures, namespace.tools.length - tools.length)
  })
  return texts.join('\n')
}
