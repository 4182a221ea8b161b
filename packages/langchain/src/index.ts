import { ToolCallError, type ToolContext } from '@glovebox/core'
import {
  callIdIn,
  checking,
  type ProgramTool,
  parseSchema,
  type WrapperOptions,
  wrapTools,
} from '@glovebox/core/framework'
import { sharedQuickJS } from '@glovebox/quickjs/shared'
import { SystemMessage, ToolMessage } from '@langchain/core/messages'
import {
  type ClientTool,
  tool as langchainTool,
  type ServerTool,
  type StructuredTool,
  type ToolRunnableConfig,
} from '@langchain/core/tools'
import { type JsonSchema7Type, toJsonSchema } from '@langchain/core/utils/json_schema'

type Prompt = string | SystemMessage
type AnyTool = ClientTool | ServerTool

export interface WrapOptions<System extends Prompt = string> extends WrapperOptions {
  readonly systemPrompt?: System
  /**
   * Tools of LangChain. Those that a provider runs, that end the agent's loop, or that `interruptOn` names stay what they
   * are: the model calls them by itself.
   */
  readonly tools: readonly AnyTool[]
  /** What `humanInTheLoopMiddleware` is given, so that no program calls what needs approval. */
  readonly interruptOn?: Readonly<Record<string, unknown>>
}

export interface WrappedTools<System extends Prompt = string> {
  systemPrompt: System extends string ? string : SystemMessage
  /** The tools to give to the agent: the one that runs programs, and those that no program may call. */
  tools: AnyTool[]
}

/** What a tool is told about its call, by an agent of LangChain or whoever else invokes it. */
type Config = ToolRunnableConfig & { readonly toolCallId?: string; writer?(chunk: unknown): void }

/**
 * Lets the model write programs that call the tools, in place of calling them one at a time: give what it returns to
 * `createAgent`.
 *
 * @throws `TypeError` for options that make no sense, `SandboxError` where there is no sandbox
 */
export function codemode<System extends Prompt = string>(options: WrapOptions<System>): WrappedTools<System> {
  const { systemPrompt, tools, interruptOn = {}, ...rest } = options
  const isInterrupted = (name: string) => Object.hasOwn(interruptOn, name) && interruptOn[name] !== false
  const { codeMode, direct, guidance } = wrapTools({
    tools: tools.map((tool) => [nameOf(tool), tool] as const),
    read: (tool, name) => (isInterrupted(name) || !isFree(tool) ? undefined : toProgramTool(tool, name)),
    defaultSandbox: sharedQuickJS,
    options: rest,
  })
  const { name, description, inputSchema, execute } = codeMode.tool
  const runProgram = langchainTool(
    (input: unknown, config: Config) => execute(input as { code: string }, { context: config, signal: config.signal }),
    { name, description, schema: inputSchema },
  )
  return {
    systemPrompt: addGuidance(systemPrompt, guidance) as WrappedTools<System>['systemPrompt'],
    tools: [runProgram as ClientTool, ...direct.map(([, tool]) => tool)],
  }
}

const nameOf = (tool: AnyTool): string => String(tool.name ?? (tool as ServerTool).type)

/** Whether a tool runs here, and does nothing to the agent's loop. */
function isFree(tool: AnyTool): tool is ClientTool {
  const { invoke, returnDirect, metadata } = tool as Partial<StructuredTool>
  return typeof invoke === 'function' && returnDirect !== true && metadata?.headlessTool === undefined
}

/** A tool as programs may call it. What its schema makes of an input, it makes by itself. */
function toProgramTool(tool: ClientTool, name: string): ProgramTool {
  const { parse } = parseSchema('input', tool.schema as object)
  return {
    ...(tool.description === undefined ? {} : { description: tool.description }),
    inputSchema: toJsonSchema(tool.schema as JsonSchema7Type),
    ...(parse && { parseInput: checking(parse) }),
    execute: async (input, { signal, callId, context }: ToolContext) => {
      // With its call, a tool would answer in messages.
      const { toolCall, toolCallId = toolCall?.id, ...config } = (context ?? {}) as Config
      const inner: Config = { ...config, toolCallId: callIdIn(toolCallId, callId), signal }
      const output: unknown = await tool.invoke(input as never, inner).catch((error: unknown) => {
        throw isForTheGraph(error) ? notInPrograms(name) : error
      })
      if (isForTheGraph(output)) throw notInPrograms(name)
      if (!ToolMessage.isInstance(output)) return output
      if (output.status === 'error') throw new Error(output.text)
      return output.content
    },
  }
}

/** An interrupt or a command, with which a tool speaks to the graph around it. */
const isForTheGraph = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && ('is_bubble_up' in value || 'lg_name' in value)

const notInPrograms = (name: string) =>
  new ToolCallError(
    'TOOL_DENIED',
    `${name} speaks to the agent's graph, which no program can: its host has to name it in \`direct\``,
  )

function addGuidance(systemPrompt: Prompt | undefined, guidance: string): Prompt {
  if (systemPrompt === undefined) return guidance
  if (typeof systemPrompt === 'string') return `${systemPrompt}\n\n${guidance}`
  const { content, id, name, additional_kwargs, response_metadata } = systemPrompt
  const blocks = typeof content === 'string' ? [{ type: 'text' as const, text: content }] : content
  const fields = { ...(id && { id }), ...(name && { name }), additional_kwargs, response_metadata }
  return new SystemMessage({ ...fields, content: [...blocks, { type: 'text', text: guidance }] })
}
