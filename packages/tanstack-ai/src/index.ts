import type { ToolContext } from '@glovebox/core'
import {
  callIdIn,
  type ProgramTool,
  parseSchema,
  parseText,
  unchecked,
  type WrapperOptions,
  wrapTools,
} from '@glovebox/core/framework'
import { sharedQuickJS } from '@glovebox/quickjs/shared'
import {
  type AnyTool,
  type SchemaInput,
  type ServerTool,
  type SystemPrompt,
  type ToolExecutionContext,
  toolDefinition,
} from '@tanstack/ai'

/** Options of {@link codemode}. */
export interface WrapOptions<Metadata = never> extends WrapperOptions {
  /** System prompts. The returned list has usage instructions appended. Default: none. */
  readonly systemPrompts?: readonly SystemPrompt<Metadata>[]
  /**
   * Tools of TanStack AI. Client tools, provider tools and tools that need approval are not available to programs: the
   * model calls them directly.
   */
  readonly tools: readonly AnyTool[]
}

/** Result of {@link codemode}. */
export interface WrappedTools<Metadata = never> {
  systemPrompts: SystemPrompt<Metadata>[]
  /** Tools for `chat`: the tool that runs programs, and the tools that programs cannot call. */
  tools: AnyTool[]
}

/**
 * Wraps the tools so that the model writes programs that call them, instead of calling them one at a time. Pass the
 * returned `systemPrompts` and `tools` to `chat()`. Programs emit the custom events `glovebox:log`,
 * `glovebox:tool-call-start` and `glovebox:tool-call-end`.
 *
 * @throws `TypeError` for invalid options, `SandboxError` if no sandbox is available or it does not meet `require`
 */
export function codemode<Metadata = never>(options: WrapOptions<Metadata>): WrappedTools<Metadata> {
  const { systemPrompts = [], tools, ...rest } = options
  const { codeMode, direct, guidance } = wrapTools({
    tools: tools.map((tool) => [tool.name, tool] as const),
    read: (tool) => (isFree(tool) ? toProgramTool(tool) : undefined),
    defaultSandbox: sharedQuickJS,
    options: rest,
  })
  const { name, description, inputSchema, execute } = codeMode.tool
  const runProgram = toolDefinition({
    name,
    description,
    inputSchema,
  }).server((input, context) =>
    execute(input as { code: string }, {
      context,
      onEvent: ({ type, ...event }) => context?.emitCustomEvent(`glovebox:${type}`, event),
      signal: context?.abortSignal,
    }),
  )
  return {
    systemPrompts: [...systemPrompts, guidance],
    tools: [runProgram, ...direct.map(([, tool]) => tool)],
  }
}

type FreeTool = AnyTool & { readonly execute: NonNullable<AnyTool['execute']> }

/** Returns whether programs may call a tool: it runs in this process and needs no approval. */
function isFree(tool: AnyTool): tool is FreeTool {
  const { __toolSide: side } = tool as Partial<ServerTool> | { __toolSide: string }
  return tool.execute !== undefined && !tool.needsApproval && side !== 'client'
}

function toProgramTool({ description, inputSchema, outputSchema, execute }: FreeTool): ProgramTool {
  return {
    description,
    ...describeSide('input', inputSchema),
    ...describeSide('output', outputSchema),
    execute: async (input, { signal, callId, context }: ToolContext) => {
      const outer = context as ToolExecutionContext | undefined
      const inner = { ...outer, toolCallId: callIdIn(outer?.toolCallId, callId), abortSignal: signal }
      const output: unknown = await execute(input, inner)
      // Like TanStack AI, parse a text as JSON unless the tool has an output schema.
      return typeof output === 'string' && outputSchema === undefined ? parseText(output) : output
    },
  }
}

/**
 * Returns the schema and parser of one side. A schema library parses with its own code, transforms included. Plain JSON
 * Schema validates inputs and only describes outputs.
 */
function describeSide(side: 'input' | 'output', given: SchemaInput | undefined): Partial<ProgramTool> {
  if (given === undefined) return {}
  const { schema, parse } = parseSchema(side, given as object)
  if (side === 'input') return { ...(schema && { inputSchema: schema }), ...(parse && { parseInput: parse }) }
  return { ...(schema && { outputSchema: schema }), parseOutput: parse ?? unchecked }
}
