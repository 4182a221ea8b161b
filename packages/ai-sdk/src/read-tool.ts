import type { ToolContext } from '@glovebox/core'
import {
  callIdIn,
  isMcpResult,
  type Parse,
  type ProgramTool,
  readMcpResult,
  readSchema,
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
export function readTool(given: ToolSet[string], name: string, toolContext: unknown): ProgramTool | undefined {
  const tool = given as AnyTool
  const { type = 'function', description, inputSchema, outputSchema, needsApproval = false } = tool
  if (tool.execute === undefined || needsApproval !== false || !['function', 'dynamic'].includes(type)) return
  const text = typeof description === 'function' ? description({ context: toolContext }) : description
  const parseInput = parserOf(inputSchema)
  return {
    ...(text === undefined ? {} : { description: text }),
    inputSchema: jsonSchemaOf(name, inputSchema),
    ...(parseInput === undefined ? {} : { parseInput }),
    ...(outputSchema === undefined ? {} : describeOutput(name, outputSchema)),
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
      return outputSchema === undefined && isMcpResult(output) ? readMcpResult(name, output) : output
    },
  }
}

function jsonSchemaOf(name: string, schema: Schema): object {
  const { jsonSchema } = asSchema(schema)
  if (!('then' in jsonSchema)) return jsonSchema
  throw new TypeError(`A schema of ${name} is a promise of JSON Schema: await it first`)
}

/** The AI SDK checks no output of a tool that it runs, so that here it is only described, as what comes out of its schema. */
function describeOutput(name: string, schema: NonNullable<Schema>): Pick<ProgramTool, 'outputSchema' | 'parseOutput'> {
  return { ...outputSchemaOf(name, schema), parseOutput: async (value) => ({ value }) }
}

function outputSchemaOf(name: string, schema: NonNullable<Schema>): Pick<ProgramTool, 'outputSchema'> {
  if (!('~standard' in schema)) return { outputSchema: jsonSchemaOf(name, schema) }
  try {
    const described = readSchema('output', schema).schema
    return described === undefined ? {} : { outputSchema: described }
  } catch {
    // What JSON Schema cannot say, such as what comes out of a transform, is unknown to the program.
    return {}
  }
}

function parserOf(schema: Schema): Parse | undefined {
  // The problems that a library of schemas finds are better told than the AI SDK tells them.
  if (schema !== undefined && '~standard' in schema) return readSchema('input', schema).parse
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
