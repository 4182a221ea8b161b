import { isStandardSchema } from './standard-schema.ts'
import { defineTool, type SchemaInput, type Tool, type ToolDefinition, type UnnamedTool } from './tool.ts'

/** A set of tools in one namespace, such as the tools of an MCP server. */
export interface ToolProvider {
  /** Name of the namespace. Programs access it as a global object; it is converted to a valid identifier. */
  readonly name: string
  /** Description of the namespace in the declarations. Default: none. */
  readonly description?: string
  /** Version of the server. What was learnt about the outputs of its tools holds for this version. Default: none */
  readonly version?: string
  /** Tools of the provider. Names must be unique within a namespace. */
  readonly tools: readonly Tool[]
  /**
   * Calls `listener` each time after `tools` or `description` have changed, until the returned function is called.
   * Executions that have started keep their tools. Default: the tools never change
   */
  onChange?(listener: () => void): () => void
}

/** A function, the result or the argument of `defineTool`, or a tool whose schemas come from a schema library. */
export type ToolLike =
  | ToolDefinition<SchemaInput, SchemaInput>
  | (Omit<UnnamedTool, 'inputSchema' | 'outputSchema'> & {
      readonly inputSchema?: SchemaInput
      readonly outputSchema?: SchemaInput
    })
  | ((input: never, context: Parameters<Tool['execute']>[1]) => unknown)

/** Tools by name. */
export type ToolRecord = { readonly [name: string]: ToolLike }

/** A tool provider, or a record of tools for the namespace `tools`. */
export type ToolSource = ToolProvider | ToolRecord

/** The namespace of tools that are passed without a provider. */
const DEFAULT_NAMESPACE = 'tools'

/**
 * Creates a tool provider from tools.
 *
 * @param options.name name of the namespace
 * @param options.description description of the namespace in the declarations. Default: none.
 * @param options.tools a record or a list of tools
 * @throws `TypeError` for a tool without `execute`, or with an unsupported key such as `parameters`
 */
export function toolProvider(options: {
  name: string
  description?: string
  tools: ToolRecord | readonly Tool[]
}): ToolProvider {
  const { name, description, tools } = options
  const named = Array.isArray(tools) ? (tools as readonly Tool[]) : toolsFromRecord(tools as ToolRecord)
  return { name, ...(description === undefined ? {} : { description }), tools: named }
}

/**
 * Returns the providers of one source or a list of them. A record of tools becomes a provider.
 *
 * @throws `TypeError` for any other value
 */
export function providersFrom(sources: ToolSource | readonly ToolSource[]): readonly ToolProvider[] {
  return (isList(sources) ? sources : [sources]).map(providerFromSource)
}

const isList = (sources: ToolSource | readonly ToolSource[]): sources is readonly ToolSource[] => Array.isArray(sources)

function providerFromSource(source: ToolSource): ToolProvider {
  if (typeof source !== 'object' || source === null) {
    throw new TypeError('`tools` must be a record of tools by name, a provider, or a list of these')
  }
  if (isProvider(source)) return source
  if (typeof source.execute === 'function' && TOOL_KEYS.some((key) => key in source)) {
    throw new TypeError('A list in `tools` must contain records or providers, not single tools: pass { name: tool }')
  }
  return toolProvider({ name: DEFAULT_NAMESPACE, tools: source })
}

const TOOL_KEYS = ['name', 'description', 'inputSchema', 'parseInput']
/** Names that other libraries use for the schemas of a tool, with our names. */
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
    throw new TypeError(`The tool ${name} must be a function, or an object with an \`execute\` function`)
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
