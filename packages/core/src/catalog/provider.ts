import { isStandardSchema } from './standard-schema.ts'
import { defineTool, type SchemaInput, type Tool, type ToolDefinition, type UnnamedTool } from './tool.ts'

/** A source of tools under one namespace: an MCP server, a record of functions. */
export interface ToolProvider {
  /** Becomes the global object that the program calls, as an identifier. */
  readonly name: string
  readonly description?: string
  readonly tools: readonly Tool[]
}

/** A function, what `defineTool` makes or takes, or a tool whose schemas are those of a library. */
export type ToolLike =
  | ToolDefinition<SchemaInput, SchemaInput>
  | (Omit<UnnamedTool, 'inputSchema' | 'outputSchema'> & {
      readonly inputSchema?: SchemaInput
      readonly outputSchema?: SchemaInput
    })
  | ((input: never, context: Parameters<Tool['execute']>[1]) => unknown)

export type ToolRecord = { readonly [name: string]: ToolLike }

export type ToolSource = ToolProvider | ToolRecord

/** The namespace of tools that no provider gives. */
const DEFAULT_NAMESPACE = 'tools'

/** @throws `TypeError` for a tool without `execute` */
export function toolProvider(options: {
  name: string
  description?: string
  tools: ToolRecord | readonly Tool[]
}): ToolProvider {
  const { name, description, tools } = options
  const named = Array.isArray(tools) ? (tools as readonly Tool[]) : toolsFromRecord(tools as ToolRecord)
  return { name, ...(description === undefined ? {} : { description }), tools: named }
}

/** @throws `TypeError` for what is no source of tools */
export function providerFromSource(source: ToolSource): ToolProvider {
  if (typeof source !== 'object' || source === null) {
    throw new TypeError('`tools` must be a record of tools by name, a provider, or a list of those')
  }
  if (isProvider(source)) return source
  if (typeof source.execute === 'function' && TOOL_KEYS.some((key) => key in source)) {
    throw new TypeError('A list in `tools` holds sources of tools: give a tool in a record, by its name')
  }
  return toolProvider({ name: DEFAULT_NAMESPACE, tools: source })
}

const TOOL_KEYS = ['name', 'description', 'inputSchema', 'parseInput']
/** Names that other libraries have for the schemas of a tool. */
const FOREIGN_KEYS = [
  ['parameters', 'inputSchema'],
  ['input', 'inputSchema'],
  ['output', 'outputSchema'],
] as const

function isProvider(source: ToolSource): source is ToolProvider {
  return typeof source.name === 'string' && Array.isArray(source.tools)
}

function toolsFromRecord(record: ToolRecord): Tool[] {
  return Object.entries(record).map(([name, tool]) => ({ ...toTool(name, tool), name }))
}

function toTool(name: string, tool: ToolLike): UnnamedTool {
  if (typeof tool === 'function') return { execute: tool as Tool['execute'] }
  if (typeof tool?.execute !== 'function') {
    throw new TypeError(`The tool ${name} is neither a function nor has an \`execute\``)
  }
  for (const [key, meant] of FOREIGN_KEYS)
    if (key in tool) throw new TypeError(`The tool ${name} has \`${key}\`, which is not supported; use \`${meant}\``)
  const { inputSchema, outputSchema, parseInput, parseOutput } = tool as Partial<UnnamedTool>
  const isOfLibrary = isStandardSchema(inputSchema) || isStandardSchema(outputSchema)
  if (!isOfLibrary || parseInput !== undefined || parseOutput !== undefined) return tool as UnnamedTool
  return defineTool({
    ...(tool as UnnamedTool),
    ...(inputSchema === undefined ? {} : { inputSchema }),
    ...(outputSchema === undefined ? {} : { outputSchema }),
  })
}
