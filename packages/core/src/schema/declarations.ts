import type { Catalog, CatalogTool } from '../catalog/catalog.ts'
import { createCatalog } from '../catalog/catalog.ts'
import { type ToolRecord, toolProvider } from '../catalog/provider.ts'
import type { JsonSchema, Tool, ToolAnnotations } from '../catalog/tool.ts'
import { docComment, docText, joinWords, shorten } from './doc.ts'
import type { Entry } from './entries.ts'
import { isRecord, own } from './json.ts'
import { TypeNames } from './names.ts'
import { type Docs, INDENT, Printer } from './printer.ts'
import { type Position, Reader } from './reader.ts'
import type { Documents } from './references.ts'
import { RULES, STYLES, type Style, type StyleRules } from './style.ts'
import { isUnknown, type Type } from './type.ts'
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
  if (inPlace.declarations.length === 0 || /^\w+$/.test(inPlace.type)) {
    return { declarations: inPlace.declarations.join(''), type: inPlace.type, warnings: warnings.list }
  }
  const named = printer.declare(entry, name)
  return {
    declarations: [...inPlace.declarations, ...named.declarations].join(''),
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

export interface ToolWarning extends SchemaWarning {
  /** `namespace.tool` */
  readonly tool: string
  readonly side: 'input' | 'output'
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
  const warnings: ToolWarning[] = []
  const read = catalog.namespaces.map((namespace) => ({
    ...namespace,
    tools: namespace.tools.map((tool) => readTool(tool, warnings)),
  }))
  const styles = STYLES.slice(STYLES.indexOf(style))
  for (const candidate of styles) {
    const text = read.map((namespace) => writeNamespace(namespace, RULES[candidate])).join('\n')
    const isLast = candidate === styles.at(-1)
    if (isLast || maxTokens === Number.POSITIVE_INFINITY || countTokens(text) <= maxTokens) {
      return cut({ text, style: candidate, omitted: OMITTED[candidate], warnings }, maxTokens, countTokens)
    }
  }
  throw new TypeError(`Unknown style ${style}; the styles are ${STYLES.join(', ')}`)
}

const OMITTED: { readonly [style in Style]: readonly string[] } = {
  full: [],
  compact: ['examples', 'long descriptions'],
  signatures: ['types', 'descriptions of properties', 'long descriptions'],
}

/** Where even the shortest style is too long: whole tools are left out from the end, and named. */
function cut(declarations: Declarations, maxTokens: number, countTokens: (text: string) => number): Declarations {
  if (countTokens(declarations.text) <= maxTokens || maxTokens === Number.POSITIVE_INFINITY) return declarations
  const lines = declarations.text.split('\n')
  const isTool = (line: string) => line.startsWith(`${INDENT}function `)
  const tools = lines.flatMap((line, index) => (isTool(line) ? [index] : []))
  // Tools take about the same each, so a few steps find how many there is room for.
  let [kept, tooMany] = [0, tools.length]
  const textOf = (count: number) => withoutTools(lines, tools, count)
  while (tooMany - kept > 1) {
    const middle = (kept + tooMany) >> 1
    if (countTokens(textOf(middle)) <= maxTokens) kept = middle
    else tooMany = middle
  }
  const left = tools.length - kept
  return { ...declarations, text: textOf(kept), omitted: [...declarations.omitted, `${left} of ${tools.length} tools`] }
}

function withoutTools(lines: readonly string[], tools: readonly number[], kept: number): string {
  const dropped = new Set<number>()
  for (const at of tools.slice(kept)) {
    dropped.add(at)
    if (lines[at - 1]?.startsWith(`${INDENT}/** `)) dropped.add(at - 1)
  }
  const note = `${INDENT}// ${tools.length - kept} more tools are not listed.`
  const first = Math.min(...dropped)
  return lines.flatMap((line, index) => (index === first ? [note] : dropped.has(index) ? [] : [line])).join('\n')
}

interface ReadTool {
  readonly identifier: string
  readonly tool: Tool
  readonly input: Type | undefined
  readonly output: Type | undefined
}

function readTool({ identifier, path, tool }: CatalogTool, warnings: ToolWarning[]): ReadTool {
  const read = (schema: JsonSchema | undefined, side: 'input' | 'output'): Type | undefined => {
    if (schema === undefined) return undefined
    const found = new Warnings()
    const type = new Reader(schema, { name: `${identifier}_${side}`, position: side, warnings: found }).read()
    warnings.push(...found.list.map((warning) => ({ ...warning, tool: path, side })))
    return type
  }
  return { identifier, tool, input: read(tool.inputSchema, 'input'), output: read(tool.outputSchema, 'output') }
}

interface ReadNamespace {
  readonly identifier: string
  readonly description: string | undefined
  readonly tools: readonly ReadTool[]
}

function writeNamespace({ identifier, description, tools }: ReadNamespace, rules: StyleRules): string {
  const printer = new Printer(new TypeNames(), docsBy(rules, INDENT))
  const entries = tools.map((tool) => ({
    tool,
    input: tool.input && rules.types ? printer.add(tool.input, `${tool.identifier}_input`) : undefined,
    output: tool.output && rules.types ? printer.add(tool.output, `${tool.identifier}_output`) : undefined,
  }))
  const members = entries.map(({ tool, input, output }) => declareTool(printer, tool, input, output, rules))
  const doc = docComment(shorten(description?.trim() ?? '', rules.toolDoc), '')
  return `${doc}declare namespace ${identifier} {\n${members.join('')}}\n`
}

/** In characters. A larger type stands beside its function, under a name. */
const LARGE = 2_000

function declareTool(
  printer: Printer,
  { identifier, tool, input }: ReadTool,
  inputEntry: Entry | undefined,
  outputEntry: Entry | undefined,
  rules: StyleRules,
): string {
  const types: string[] = []
  const typeOf = (entry: Entry | undefined, name: string): string => {
    if (entry === undefined) return 'unknown'
    const { type, declarations } = printer.size(entry) > LARGE ? printer.declare(entry, name) : printer.print(entry)
    types.push(...declarations)
    return type
  }
  const inputType = typeOf(inputEntry, `${identifier}_input`)
  const outputType = typeOf(outputEntry, `${identifier}_output`)
  const words = shorten((tool.description ?? '').trim(), rules.toolDoc)
  const doc = joinWords(joinWords(words, hints(tool.annotations)), returns(tool.outputSchema, rules))
  return [
    ...types,
    docComment(doc, INDENT),
    `${INDENT}function ${identifier}(${parameter(input, inputType)}): Promise<${outputType}>\n`,
  ].join('')
}

/** A tool that needs nothing may be called with nothing. */
function parameter(input: Type | undefined, type: string): string {
  return `input${input === undefined || mayBeEmpty(input) ? '?' : ''}: ${type}`
}

function mayBeEmpty(type: Type): boolean {
  if (type.op !== 'shape') return false
  const { object } = type
  if (object === undefined || isUnknown(type)) return false
  if (object.op === 'any') return true
  return object.op === 'properties' && [...object.members.values()].every(({ isOptional }) => isOptional)
}

/** What the tool says of its output as a whole: that it was only observed, for one. */
function returns(schema: JsonSchema | undefined, rules: StyleRules): string {
  const text = isRecord(schema) ? own(schema, 'description') : undefined
  const words = typeof text === 'string' && rules.propertyDoc > 0 ? shorten(text.trim(), rules.propertyDoc) : ''
  return words === '' ? '' : `@returns ${words}`
}

function hints(annotations: ToolAnnotations | undefined): string {
  if (annotations?.readOnlyHint === true) return 'Read-only.'
  const words: string[] = []
  if (annotations?.destructiveHint === true) words.push('Destructive.')
  if (annotations?.idempotentHint === true) words.push('Idempotent.')
  return words.join(' ')
}

function docsBy(rules: StyleRules, indent: string): Docs {
  return {
    indent,
    member: (member, key) => docText(member.docs, key, rules),
    definition: ({ schema, hint }) => (typeof schema === 'boolean' ? '' : docText([schema], hint, rules)),
  }
}
