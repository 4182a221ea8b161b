import { ToolCallError, type ToolContext } from '@glovebox/core'
import {
  callIdIn,
  checking,
  type ProgramTool,
  parseSchema,
  type ResumeTool,
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

/** Options of {@link codemode}. */
export interface WrapOptions<System extends Prompt = string> extends WrapperOptions {
  /** System prompt. The returned one has usage instructions appended. Default: none. */
  readonly systemPrompt?: System
  /**
   * Tools of LangChain. Tools that a provider or a client runs and tools with `returnDirect` are not available to
   * programs: the model calls them directly. So are tools that `interruptOn` names, unless `runs` is set: then a program
   * waits for the approval of such a call, and the tool `resume_program` interrupts the graph to ask for it.
   */
  readonly tools: readonly AnyTool[]
  /**
   * Approval rules by tool name, as passed to `humanInTheLoopMiddleware`. A tool whose rule is anything other than
   * `false` needs approval. Default: none.
   */
  readonly interruptOn?: Readonly<Record<string, unknown>>
}

/** Result of {@link codemode}. */
export interface WrappedTools<System extends Prompt = string> {
  systemPrompt: System extends string ? string : SystemMessage
  /** Tools for the agent: the tool that runs programs, and the tools that programs cannot call. */
  tools: AnyTool[]
}

/** Configuration that an agent or another caller passes to a tool. */
type Config = ToolRunnableConfig & { readonly toolCallId?: string; writer?(chunk: unknown): void }

/**
 * Wraps the tools so that the model writes programs that call them, instead of calling them one at a time. Pass the
 * returned `systemPrompt` and `tools` to `createAgent`.
 *
 * @throws `TypeError` for invalid options, `SandboxError` if no sandbox is available or it does not meet `require`
 */
export function codemode<System extends Prompt = string>(options: WrapOptions<System>): WrappedTools<System> {
  const { systemPrompt, tools, interruptOn = {}, ...rest } = options
  const isInterrupted = (name: string) => Object.hasOwn(interruptOn, name) && interruptOn[name] !== false
  const { codeMode, direct, guidance, resume } = wrapTools({
    tools: tools.map((tool) => [nameOf(tool), tool] as const),
    read: (tool, name) =>
      isFree(tool) ? { ...toProgramTool(tool, name), needsApproval: isInterrupted(name) } : undefined,
    canAsk: true,
    defaultSandbox: sharedQuickJS,
    options: rest,
  })
  const { name, description, inputSchema, run } = codeMode.tool
  const runProgram = langchainTool(
    async (input: unknown, config: Config) => {
      const { output, images } = await run(input as { code: string }, { context: config, signal: config.signal })
      if (images.length === 0) return output
      const blocks = images.map(({ mediaType, data }) => ({
        type: 'image_url',
        image_url: { url: `data:${mediaType};base64,${data}` },
      }))
      return [{ type: 'text', text: JSON.stringify(output) }, ...blocks]
    },
    { name, description, schema: inputSchema },
  )
  return {
    systemPrompt: addGuidance(systemPrompt, guidance) as WrappedTools<System>['systemPrompt'],
    tools: [
      runProgram as ClientTool,
      ...(resume === undefined ? [] : [resumeProgramTool(resume)]),
      ...direct.map(([, tool]) => tool),
    ],
  }
}

/** Creates the tool that resumes a suspended run. Each call interrupts the graph and asks for approval. */
function resumeProgramTool({ name, description, inputSchema, execute }: ResumeTool): ClientTool {
  const resumeProgram = async (input: unknown, config: Config) => {
    // Loaded on demand: only agents with stored runs need it, and those have it.
    const { interrupt } = await import('@langchain/langgraph')
    const request = {
      actionRequests: [{ name, args: input, description }],
      reviewConfigs: [{ actionName: name, allowedDecisions: ['approve', 'reject'] }],
    }
    const { decisions } = interrupt<typeof request, HumanResponse>(request)
    const [decision] = decisions
    if (decision?.type === 'approve') return execute(input, { context: config, signal: config.signal })
    return { error: `TOOL_DENIED: ${decision?.message ?? 'the user did not approve it'}` }
  }
  return langchainTool(resumeProgram, { name, description, schema: inputSchema as JsonSchema7Type }) as ClientTool
}

/** Answer to an interrupt, in the form of `humanInTheLoopMiddleware`. */
interface HumanResponse {
  readonly decisions: readonly { readonly type: string; readonly message?: string }[]
}

const nameOf = (tool: AnyTool): string => String(tool.name ?? (tool as ServerTool).type)

/** Returns whether a tool runs in this process and does not end the agent's loop. */
function isFree(tool: AnyTool): tool is ClientTool {
  const { invoke, returnDirect, metadata } = tool as Partial<StructuredTool>
  return typeof invoke === 'function' && returnDirect !== true && metadata?.headlessTool === undefined
}

/** Converts a tool for programs. `invoke` parses the input, so `parseInput` only checks it. */
function toProgramTool(tool: ClientTool, name: string): ProgramTool {
  const { parse } = parseSchema('input', tool.schema as object)
  return {
    ...(tool.description === undefined ? {} : { description: tool.description }),
    inputSchema: toJsonSchema(tool.schema as JsonSchema7Type),
    ...(parse && { parseInput: checking(parse) }),
    execute: async (input, { signal, callId, context }: ToolContext) => {
      // With `toolCall`, `invoke` would return a message instead of the output.
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

/** Returns whether a value is an interrupt or a command, which control the agent's graph. */
const isForTheGraph = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && ('is_bubble_up' in value || 'lg_name' in value)

const notInPrograms = (name: string) =>
  new ToolCallError(
    'TOOL_DENIED',
    `${name} interrupts or controls the agent's graph, which programs cannot do; the host must list it in \`direct\``,
  )

function addGuidance(systemPrompt: Prompt | undefined, guidance: string): Prompt {
  if (systemPrompt === undefined) return guidance
  if (typeof systemPrompt === 'string') return `${systemPrompt}\n\n${guidance}`
  const { content, id, name, additional_kwargs, response_metadata } = systemPrompt
  const blocks = typeof content === 'string' ? [{ type: 'text' as const, text: content }] : content
  const fields = { ...(id && { id }), ...(name && { name }), additional_kwargs, response_metadata }
  return new SystemMessage({ ...fields, content: [...blocks, { type: 'text', text: guidance }] })
}
