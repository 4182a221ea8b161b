import type { ToolContext } from '@glovebox/core'
import {
  callIdIn,
  isMcpResult,
  type Parse,
  type ProgramTool,
  parseMcpResult,
  parseSchema,
  unchecked,
} from '@glovebox/core/framework'
import { asSchema, type ToolSet } from 'ai'

/** Call options that the AI SDK passes to a tool, common to all supported versions. */
export interface CallOptions {
  readonly toolCallId: string
  readonly messages: readonly unknown[]
  readonly abortSignal?: AbortSignal
}

type Schema = Parameters<typeof asSchema>[0]

/** Tool of any supported version of the AI SDK. */
interface AnyTool {
  readonly type?: string
  readonly description?: string | ((options: { context: unknown }) => string)
  readonly inputSchema: Schema
  readonly outputSchema?: Schema
  readonly contextSchema?: Schema
  readonly needsApproval?: unknown
  onInputAvailable?(options: object): unknown
  execute?(input: unknown, options: object): unknown
}

/** Converts a tool for programs. Returns undefined for tools that a client, a provider or a person must handle. */
export function toProgramTool(given: ToolSet[string], name: string, toolContext: unknown): ProgramTool | undefined {
  const tool = given as AnyTool
  const { type = 'function', description, inputSchema, outputSchema, needsApproval = false } = tool
  if (tool.execute === undefined || !['function', 'dynamic'].includes(type)) return
  const text = typeof description === 'function' ? description({ context: toolContext }) : description
  const parseInput = parserOf(inputSchema)
  return {
    ...(text === undefined ? {} : { description: text }),
    inputSchema: jsonSchemaOf(inputSchema),
    ...(parseInput === undefined ? {} : { parseInput }),
    // The AI SDK does not validate the outputs of tools that it runs.
    ...(outputSchema === undefined ? {} : { outputSchema: outputSchemaOf(outputSchema), parseOutput: unchecked }),
    needsApproval: approvalOf(needsApproval, toolContext),
    execute: async (input, { signal, callId, context: outer }: ToolContext) => {
      const context = await contextOf(tool, name, toolContext)
      const options = {
        ...(outer as CallOptions),
        ...(context === undefined ? {} : { context }),
        toolCallId: callIdIn((outer as CallOptions).toolCallId, callId),
        abortSignal: signal,
      }
      await tool.onInputAvailable?.({ input, ...options })
      signal.throwIfAborted()
      const output = await lastOf(tool.execute?.(input, options))
      return outputSchema === undefined && isMcpResult(output) ? parseMcpResult(name, output) : output
    },
  }
}

function approvalOf(needsApproval: unknown, toolContext: unknown): NonNullable<ProgramTool['needsApproval']> {
  if (typeof needsApproval !== 'function') return needsApproval !== false
  return async (input, outer, callId) => {
    const { toolCallId, messages } = outer as CallOptions
    const options = {
      toolCallId: callIdIn(toolCallId, callId),
      messages,
      experimental_context: undefined,
      context: toolContext,
    }
    return (await (needsApproval as (input: unknown, options: object) => unknown)(input, options)) !== false
  }
}

function jsonSchemaOf(schema: Schema): object {
  const { jsonSchema } = asSchema(schema)
  if (!('then' in jsonSchema)) return jsonSchema
  throw new TypeError('its schema is asynchronous; await it first')
}

/** Returns the JSON Schema of parsed values. The AI SDK's own schemas do not distinguish them from unparsed values. */
function outputSchemaOf(schema: NonNullable<Schema>): object | boolean {
  return '~standard' in schema ? (parseSchema('output', schema).schema ?? true) : jsonSchemaOf(schema)
}

function parserOf(schema: Schema): Parse | undefined {
  // Schema libraries report problems in more detail than the AI SDK does.
  if (schema !== undefined && '~standard' in schema) return parseSchema('input', schema).parse
  const { validate } = asSchema(schema)
  if (validate === undefined) return
  return async (value) => {
    const result = await validate(value)
    return result.success ? { value: result.value } : { problems: [result.error.message] }
  }
}

async function contextOf({ contextSchema }: AnyTool, name: string, toolContext: unknown): Promise<unknown> {
  const parse = contextSchema && parserOf(contextSchema)
  if (parse === undefined) return toolContext
  const parsed = await parse(toolContext)
  if ('value' in parsed) return parsed.value
  throw new TypeError(`The context of ${name} in \`toolsContext\` is not valid: ${parsed.problems.join('; ')}`)
}

/** Returns the awaited result of a tool, or the last value that a streaming tool yields. */
async function lastOf(given: unknown): Promise<unknown> {
  if (typeof given !== 'object' || given === null || !(Symbol.asyncIterator in given)) return await given
  let last: unknown
  for await (const each of given as AsyncIterable<unknown>) last = each
  return last
}
