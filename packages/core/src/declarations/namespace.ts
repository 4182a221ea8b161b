import { type CatalogTool, outputSchemaOf } from '../catalog/namespace.ts'
import type { ToolAnnotations } from '../catalog/tool.ts'
import { Allotment, Budget, MAX_NAMESPACE_WARNINGS, MAX_SCHEMA_TEXT, MAX_SCHEMA_WORK } from '../schema/bounds.ts'
import { docComment, docsBy, joinWords, shorten } from '../schema/doc.ts'
import { TypeNames } from '../schema/names.ts'
import type { PrintNode } from '../schema/print-node.ts'
import { INDENT, Printer } from '../schema/printer.ts'
import { Reader } from '../schema/reader.ts'
import type { StyleRules } from '../schema/style.ts'
import { isUnknown, type Type } from '../schema/type.ts'
import { type SchemaWarning, Warnings } from '../schema/warnings.ts'
import { isRecord, own } from '../values/json.ts'
import type { JsonSchema } from '../values/json-schema.ts'

/** A warning about a schema of a tool. */
export interface ToolWarning extends SchemaWarning {
  /** Path of the tool: `namespace.tool`. */
  readonly tool: string
  readonly side: 'input' | 'output'
}

/** A tool whose schemas have been read. */
export interface ParsedTool extends Pick<CatalogTool, 'identifier' | 'path' | 'tool' | 'observed'> {
  readonly input: Type | undefined
  readonly output: Type | undefined
}

/**
 * Parses tools one by one, so that the types of one tool can be released before the next.
 *
 * @param catalogWork work budget for all namespaces; this one takes its share when parsing starts
 */
export function* parseTools(
  tools: readonly CatalogTool[],
  warnings: ToolWarning[],
  catalogWork: Allotment,
): Generator<ParsedTool, void> {
  const work = Allotment.amongTools(catalogWork.next(), tools.length * 2, MAX_SCHEMA_WORK)
  try {
    for (const tool of tools) yield parseTool(tool, warnings, work)
  } finally {
    catalogWork.settle(work.used)
  }
}

function parseTool(entry: CatalogTool, warnings: ToolWarning[], allotment: Allotment): ParsedTool {
  const { identifier, path, tool, observed } = entry
  const read = (schema: JsonSchema | undefined, side: 'input' | 'output'): Type | undefined => {
    const work = new Budget(allotment.next())
    if (schema === undefined) return undefined
    const found = new Warnings()
    const type = new Reader(schema, { name: `${identifier}_${side}`, position: side, warnings: found, work }).read()
    allotment.settle(work.used)
    for (const warning of found.list) {
      if (warnings.length < MAX_NAMESPACE_WARNINGS) warnings.push({ ...warning, tool: path, side })
    }
    return type
  }
  const input = read(tool.inputSchema, 'input')
  return { identifier, path, tool, observed, input, output: read(outputSchemaOf(entry), 'output') }
}

/** A namespace whose tools are parsed while they are iterated. */
export interface ParsedNamespace<Tools extends Iterable<ParsedTool> = Iterable<ParsedTool>> {
  readonly identifier: string
  readonly description: string | undefined
  readonly tools: Tools
  /** Number of tools to read. */
  readonly count: number
  /** Number of further tools that are not declared. */
  readonly unlisted: number
  /** Warnings about the tools read so far. */
  readonly warnings: readonly ToolWarning[]
}

/** The text of a namespace, with each function separate. */
export interface WrittenNamespace {
  readonly head: string
  /** Function declarations, each with the types that it is the first to use. */
  readonly functions: readonly string[]
  readonly unlisted: number
  /** Warnings about parts of tools that did not fit. */
  readonly warnings: readonly ToolWarning[]
}

/** @param catalogText budget for the text of all namespaces, in characters */
export function writeNamespace(
  { identifier, description, tools, count, unlisted }: ParsedNamespace,
  rules: StyleRules,
  catalogText: Allotment,
): WrittenNamespace {
  const printer = new Printer(new TypeNames(), docsBy(rules, INDENT))
  const share = catalogText.next()
  const texts = Allotment.amongTools(share, count, MAX_SCHEMA_TEXT)
  const comments = Allotment.amongTools(share, count, MAX_SCHEMA_TEXT)
  const warnings: ToolWarning[] = []
  const added: AddedTool[] = []
  for (const tool of tools) added.push(addTool(printer, tool, rules, texts, warnings))
  catalogText.settle(texts.used)
  const functions = added.map((tool) => declareTool(printer, tool, comments, warnings))
  const head = `${docComment(shorten(description?.trim() ?? '', rules.toolDoc), '')}declare namespace ${identifier} {\n`
  return { head, functions, unlisted, warnings }
}

export function namespaceText({ head, functions, unlisted }: WrittenNamespace): string {
  const more = unlisted > 0 ? `${INDENT}// ${unlisted} more are not listed.\n` : ''
  return `${head}${functions.join('')}${more}}\n`
}

/** A tool that is ready to be printed. */
interface AddedTool {
  readonly identifier: string
  readonly path: string
  readonly doc: string
  readonly input: PrintNode | undefined
  readonly output: PrintNode | undefined
  /** Whether the tool cannot be called without input. */
  readonly needsInput: boolean
}

function addTool(
  printer: Printer,
  parsed: ParsedTool,
  rules: StyleRules,
  allotment: Allotment,
  warnings: ToolWarning[],
): AddedTool {
  const { identifier, path, input, output } = parsed
  const budget = new Budget(allotment.next())
  const add = (type: Type | undefined, side: 'input' | 'output'): PrintNode | undefined => {
    if (type === undefined) return undefined
    const entry = printer.add(type, `${identifier}_${side}`, budget)
    if (budget.isSpent) warn(warnings, path, side, 'the type is too long, so parts of it are `unknown`')
    return entry
  }
  const added = {
    identifier,
    path,
    doc: docOf(parsed, rules),
    input: add(input, 'input'),
    output: add(output, 'output'),
    needsInput: input !== undefined && !mayBeEmpty(input),
  }
  allotment.settle(budget.used)
  return added
}

function warn(warnings: ToolWarning[], tool: string, side: 'input' | 'output', message: string): void {
  if (warnings.length < MAX_NAMESPACE_WARNINGS) warnings.push({ tool, side, pointer: '#', message })
}

function docOf(parsed: ParsedTool, rules: StyleRules): string {
  const { tool } = parsed
  const words = shorten((tool.description ?? '').trim(), rules.toolDoc)
  return joinWords(joinWords(words, hints(tool.annotations)), returns(outputSchemaOf(parsed), rules))
}

/** Maximum length of a type inside a function signature, in characters. A longer type is declared by name. */
const LARGE = 2_000

function declareTool(printer: Printer, added: AddedTool, allotment: Allotment, warnings: ToolWarning[]): string {
  const { identifier, path, doc, input, output, needsInput } = added
  const comments = new Budget(allotment.next())
  printer.comments = comments
  const comment = docComment(doc, INDENT)
  const isDocumented = comments.tryTake(comment.length)
  let types = ''
  const typeOf = (entry: PrintNode | undefined, name: string): string => {
    if (entry === undefined) return 'unknown'
    const { type, declarations } = printer.size(entry) > LARGE ? printer.declare(entry, name) : printer.print(entry)
    types += declarations
    return type
  }
  const inputType = typeOf(input, `${identifier}_input`)
  const outputType = typeOf(output, `${identifier}_output`)
  allotment.settle(comments.used)
  if (comments.isSpent) warn(warnings, path, 'input', 'the descriptions are too long, so some are left out')
  const signature = `${identifier}(input${needsInput ? '' : '?'}: ${inputType}): Promise<${outputType}>`
  return `${types}${isDocumented ? comment : ''}${INDENT}function ${signature}\n`
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

/** Returns the description of the output as a `@returns` tag. It may state that the output was only observed. */
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
