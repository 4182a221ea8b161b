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

export interface WrapOptions<Metadata = never> extends WrapperOptions {
  readonly systemPrompts?: readonly SystemPrompt<Metadata>[]
  /**
   * Tools of TanStack AI. Those of a client or a provider and those that need approval stay what they are: the model
   * calls them by itself.
   */
  readonly tools: readonly AnyTool[]
}

export interface WrappedTools<Metadata = never> {
  systemPrompts: SystemPrompt<Metadata>[]
  /** The tools to give to `chat`: the one that runs programs, and those that no program may call. */
  tools: AnyTool[]
}

/**
 * Lets the model write programs that call the tools, in place of calling them one at a time: give what it returns to
 * `chat()`. What happens in a program is emitted as custom events, `glovebox:log`, `glovebox:call` and `glovebox:settled`.
 *
 * @throws `TypeError` for options that make no sense, `SandboxError` where there is no sandbox
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

/** Whether a program may call a tool: it runs here, and nobody has to approve it. */
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
      // As TanStack AI reads a tool's text, unless a schema says that it is one.
      return typeof output === 'string' && outputSchema === undefined ? parseText(output) : output
    },
  }
}

/** A schema of a library checks by itself, transforms included. Plain JSON Schema checks inputs, and only describes outputs. */
function describeSide(side: 'input' | 'output', given: SchemaInput | undefined): Partial<ProgramTool> {
  if (given === undefined) return {}
  const { schema, parse } = parseSchema(side, given as object)
  if (side === 'input') return { ...(schema && { inputSchema: schema }), ...(parse && { parseInput: parse }) }
  return { ...(schema && { outputSchema: schema }), parseOutput: parse ?? unchecked }
}
