import type { CatalogTool } from '../catalog/catalog.ts'
import type { JsonSchema, Tool, ToolAnnotations } from '../catalog/tool.ts'
import { docComment, docsBy, joinWords, shorten } from './doc.ts'
import type { Entry } from './entry.ts'
import { isRecord, own } from './json.ts'
import { TypeNames } from './names.ts'
import { INDENT, Printer } from './printer.ts'
import { Reader } from './reader.ts'
import type { StyleRules } from './style.ts'
import { isUnknown, type Type } from './type.ts'
import { type SchemaWarning, Warnings } from './warnings.ts'

export interface ToolWarning extends SchemaWarning {
  /** `namespace.tool` */
  readonly tool: string
  readonly side: 'input' | 'output'
}

/** A tool whose schemas have been read. */
export interface ReadTool {
  readonly identifier: string
  readonly tool: Tool
  readonly input: Type | undefined
  readonly output: Type | undefined
}

/** One by one, so that the types of one tool need not outlive its turn. */
export function* readTools(tools: readonly CatalogTool[], warnings: ToolWarning[]): Generator<ReadTool, void> {
  for (const tool of tools) yield readTool(tool, warnings)
}

function readTool({ identifier, path, tool }: CatalogTool, warnings: ToolWarning[]): ReadTool {
  const read = (schema: JsonSchema | undefined, side: 'input' | 'output'): Type | undefined => {
    if (schema === undefined) return undefined
    const found = new Warnings()
    const type = new Reader(schema, { name: `${identifier}_${side}`, position: side, warnings: found }).read()
    for (const warning of found.list) warnings.push({ ...warning, tool: path, side })
    return type
  }
  return { identifier, tool, input: read(tool.inputSchema, 'input'), output: read(tool.outputSchema, 'output') }
}

export interface ReadNamespace<Tools extends Iterable<ReadTool> = Iterable<ReadTool>> {
  readonly identifier: string
  readonly description: string | undefined
  readonly tools: Tools
}

/** @param unlisted how many more tools the namespace has */
export function writeNamespace(
  { identifier, description, tools }: ReadNamespace,
  rules: StyleRules,
  unlisted = 0,
): string {
  const printer = new Printer(new TypeNames(), docsBy(rules, INDENT))
  const added: AddedTool[] = []
  for (const tool of tools) added.push(addTool(printer, tool, rules))
  let text = `${docComment(shorten(description?.trim() ?? '', rules.toolDoc), '')}declare namespace ${identifier} {\n`
  for (const tool of added) text += declareTool(printer, tool, rules)
  if (unlisted > 0) text += `${INDENT}// ${unlisted} more are not listed.\n`
  return `${text}}\n`
}

/** A tool of which all is ready to be printed. */
interface AddedTool {
  readonly identifier: string
  readonly tool: Tool
  readonly input: Entry | undefined
  readonly output: Entry | undefined
  /** A tool that needs nothing may be called with nothing. */
  readonly needsInput: boolean
}

function addTool(printer: Printer, { identifier, tool, input, output }: ReadTool, rules: StyleRules): AddedTool {
  return {
    identifier,
    tool,
    input: input && rules.types ? printer.add(input, `${identifier}_input`) : undefined,
    output: output && rules.types ? printer.add(output, `${identifier}_output`) : undefined,
    needsInput: input !== undefined && !mayBeEmpty(input),
  }
}

/** In characters. A larger type stands beside its function, under a name. */
const LARGE = 2_000

function declareTool(printer: Printer, added: AddedTool, rules: StyleRules): string {
  const { identifier, tool, input, output, needsInput } = added
  let types = ''
  const typeOf = (entry: Entry | undefined, name: string): string => {
    if (entry === undefined) return 'unknown'
    const { type, declarations } = printer.size(entry) > LARGE ? printer.declare(entry, name) : printer.print(entry)
    types += declarations
    return type
  }
  const inputType = typeOf(input, `${identifier}_input`)
  const outputType = typeOf(output, `${identifier}_output`)
  const words = shorten((tool.description ?? '').trim(), rules.toolDoc)
  const doc = joinWords(joinWords(words, hints(tool.annotations)), returns(tool.outputSchema, rules))
  const signature = `${identifier}(input${needsInput ? '' : '?'}: ${inputType}): Promise<${outputType}>`
  return `${types}${docComment(doc, INDENT)}${INDENT}function ${signature}\n`
}

function mayBeEmpty(type: Type): boolean {
  if (type.op !== 'shape') return false
  const { object } = type
  if (object === undefined || isUnknown(type)) return false
  if (object.op === 'any') return true
  if (object.op !== 'properties') return false
  for (const { isOptional } of object.members.values()) if (!isOptional) return false
  return true
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
