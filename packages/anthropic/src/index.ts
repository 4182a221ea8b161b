import type { Anthropic } from '@anthropic-ai/sdk'
import { betaTool } from '@anthropic-ai/sdk/helpers/beta/json-schema'
import {
  type BetaRunnableTool,
  type BetaToolRunContext,
  type BetaToolUse,
  toolName,
} from '@anthropic-ai/sdk/lib/tools/BetaRunnableTool'
import type { ToolContext } from '@glovebox/core'
import { callIdIn, type ProgramTool, parseMcpResult, type WrapperOptions, wrapTools } from '@glovebox/core/framework'
import { sharedQuickJS } from '@glovebox/quickjs/shared'

type Text = Anthropic.Beta.BetaTextBlockParam
type System = string | Text[]
/** What the tool runner takes as its tools. */
type AnyTool = Parameters<Anthropic['beta']['messages']['toolRunner']>[0]['tools'][number]

export interface WrapOptions<Prompt extends System = string> extends WrapperOptions {
  readonly system?: Prompt
  /**
   * Tools of Anthropic's SDK. Those that the API runs and those whose shape the API knows (a shell, a text editor, a
   * computer) stay what they are: the model calls them by itself.
   */
  readonly tools: readonly AnyTool[]
}

export interface WrappedTools<Prompt extends System = string> {
  system: Prompt extends string ? string : Text[]
  /** The tools to give to the tool runner: the one that runs programs, and those that no program may call. */
  tools: AnyTool[]
}

/**
 * Lets the model write programs that call the tools, in place of calling them one at a time: give what it returns to
 * `client.beta.messages.toolRunner()`.
 *
 * @throws `TypeError` for options that make no sense, `SandboxError` where there is no sandbox
 */
export function codemode<Prompt extends System = string>(options: WrapOptions<Prompt>): WrappedTools<Prompt> {
  const { system, tools, ...rest } = options
  const { codeMode, direct, guidance } = wrapTools({
    tools: tools.map((tool) => [toolName(tool as BetaRunnableTool), tool] as const),
    read: (tool) => (isFree(tool) ? toProgramTool(tool) : undefined),
    defaultSandbox: sharedQuickJS,
    options: rest,
  })
  const { name, description, inputSchema, execute } = codeMode.tool
  const runProgram = betaTool({
    name,
    description,
    inputSchema,
    run: async (input, context) =>
      JSON.stringify(await execute(input as { code: string }, { context, signal: context?.signal ?? undefined })),
  })
  return {
    system: addGuidance(system, guidance) as WrappedTools<Prompt>['system'],
    tools: [runProgram, ...direct.map(([, tool]) => tool)],
  }
}

/** A tool of the host's own, with a schema and a way to run it. */
type FreeTool = Extract<BetaRunnableTool, { input_schema: unknown }>

function isFree(tool: AnyTool): tool is FreeTool {
  const { type } = tool as { type?: string | null }
  return 'run' in tool && 'input_schema' in tool && (type === undefined || type === null || type === 'custom')
}

/** A tool as programs may call it. Its texts are read as those of the Model Context Protocol are. */
function toProgramTool(tool: FreeTool): ProgramTool {
  const { name, description, input_schema } = tool
  return {
    ...(description === undefined ? {} : { description }),
    inputSchema: input_schema,
    execute: async (input, { signal, callId, context }: ToolContext) => {
      // A host that runs the tool by itself may tell it nothing.
      const toolUse = (context as BetaToolRunContext | undefined)?.toolUse
      const call = { type: 'tool_use', ...toolUse, id: callIdIn(toolUse?.id, callId), name, input } as BetaToolUse
      const output = await tool.run(tool.parse(input), { toolUse: call, toolUseBlock: call, signal })
      const content = typeof output === 'string' ? [{ type: 'text' as const, text: output }] : output
      return content.every(({ type }) => type === 'text') ? parseMcpResult(name, { content } as object) : content
    },
  }
}

function addGuidance(system: System | undefined, guidance: string): System {
  if (system === undefined) return guidance
  return typeof system === 'string' ? `${system}\n\n${guidance}` : [...system, { type: 'text', text: guidance }]
}
