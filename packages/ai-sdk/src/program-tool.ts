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

/** What the AI SDK tells a tool about its call, in the words of all versions. */
export interface CallOptions {
  readonly toolCallId: string
  readonly messages: readonly unknown[]
  readonly abortSignal?: AbortSignal
}

type Schema = Parameters<typeof asSchema>[0]

/** A tool, in the words of all versions. */
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

/** A tool as programs may call it; undefined for one that a client, a provider or a person has to be asked for. */
export function toProgramTool(given: ToolSet[string], name: string, toolContext: unknown): ProgramTool | undefined {
  const tool = given as AnyTool
  const { type = 'function', description, inputSchema, outputSchema, needsApproval = false } = tool
  if (tool.execute === undefined || needsApproval !== false || !['function', 'dynamic'].includes(type)) return
  const text = typeof description === 'function' ? description({ context: toolContext }) : description
  const parseInput = parserOf(inputSchema)
  return {
    ...(text === undefined ? {} : { description: text }),
    inputSchema: jsonSchemaOf(inputSchema),
    ...(parseInput === undefined ? {} : { parseInput }),
    // The AI SDK checks no output of a tool that it runs.
    ...(outputSchema === undefined ? {} : { outputSchema: outputSchemaOf(outputSchema), parseOutput: unchecked }),
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

function jsonSchemaOf(schema: Schema): object {
  const { jsonSchema } = asSchema(schema)
  if (!('then' in jsonSchema)) return jsonSchema
  throw new TypeError('a schema of it is a promise of JSON Schema, which has to be awaited first')
}

/** As what comes out of it, which a schema of the AI SDK's own does not tell from what goes in. */
function outputSchemaOf(schema: NonNullable<Schema>): object | boolean {
  return '~standard' in schema ? (parseSchema('output', schema).schema ?? true) : jsonSchemaOf(schema)
}

function parserOf(schema: Schema): Parse | undefined {
  // The problems that a library of schemas finds are better told than the AI SDK tells them.
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

/** A tool that streams gives its last result. */
async function lastOf(given: unknown): Promise<unknown> {
  if (typeof given !== 'object' || given === null || !(Symbol.asyncIterator in given)) return await given
  let last: unknown
  for await (const each of given as AsyncIterable<unknown>) last = each
  return last
}
