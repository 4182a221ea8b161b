import type { Tool, UnnamedTool } from './tool.ts'

/** A source of tools under one namespace: an MCP server, an OpenAPI document, a record of functions. */
export interface ToolProvider {
  /** Becomes the global object that the program calls, as an identifier. */
  readonly name: string
  readonly description?: string
  readonly tools: readonly Tool[]
}

/** A function, or what `defineTool` makes. */
export type ToolLike = UnnamedTool | ((input: never, context: Parameters<Tool['execute']>[1]) => unknown)

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

export function providerFromSource(source: ToolSource): ToolProvider {
  return isProvider(source) ? source : toolProvider({ name: DEFAULT_NAMESPACE, tools: source })
}

function isProvider(source: ToolSource): source is ToolProvider {
  return typeof source.name === 'string' && Array.isArray(source.tools)
}

function toolsFromRecord(record: ToolRecord): Tool[] {
  return Object.entries(record).map(([name, tool]) => {
    if (typeof tool === 'function') return { name, execute: tool as Tool['execute'] }
    if (typeof tool?.execute !== 'function')
      throw new TypeError(`The tool ${name} is neither a function nor has an \`execute\``)
    return { ...tool, name }
  })
}
