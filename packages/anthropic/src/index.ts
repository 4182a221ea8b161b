import type { Anthropic } from '@anthropic-ai/sdk'
import { betaTool } from '@anthropic-ai/sdk/helpers/beta/json-schema'
import {
  type BetaRunnableTool,
  type BetaToolRunContext,
  type BetaToolUse,
  toolName,
} from '@anthropic-ai/sdk/lib/tools/BetaRunnableTool'
import type { ModelImage, ToolContext } from '@glovebox/core'
import { callIdIn, type ProgramTool, parseMcpResult, type WrapperOptions, wrapTools } from '@glovebox/core/framework'
import { sharedQuickJS } from '@glovebox/quickjs/shared'

type Text = Anthropic.Beta.BetaTextBlockParam
type System = string | Text[]
/** Tool that the tool runner accepts. */
type AnyTool = Parameters<Anthropic['beta']['messages']['toolRunner']>[0]['tools'][number]

/** Options of {@link codemode}. */
export interface WrapOptions<Prompt extends System = string> extends WrapperOptions {
  /** System prompt. The returned one has usage instructions appended. Default: none. */
  readonly system?: Prompt
  /**
   * Tools of Anthropic's SDK. Server tools, tools without `run` and tools that the API defines (bash, text editor,
   * computer use) are not available to programs: the model calls them directly.
   */
  readonly tools: readonly AnyTool[]
}

/** Result of {@link codemode}. */
export interface WrappedTools<Prompt extends System = string> {
  system: Prompt extends string ? string : Text[]
  /** Tools for the tool runner: the tool that runs programs, and the tools that programs cannot call. */
  tools: AnyTool[]
}

/**
 * Wraps the tools so that the model writes programs that call them, instead of calling them one at a time. Pass the
 * returned `system` and `tools` to `client.beta.messages.toolRunner()`.
 *
 * @throws `TypeError` for invalid options, `SandboxError` if no sandbox is available or it does not meet `require`
 */
export function codemode<Prompt extends System = string>(options: WrapOptions<Prompt>): WrappedTools<Prompt> {
  const { system, tools, ...rest } = options
  const { codeMode, direct, guidance } = wrapTools({
    tools: tools.map((tool) => [toolName(tool as BetaRunnableTool), tool] as const),
    read: (tool) => (isFree(tool) ? toProgramTool(tool) : undefined),
    defaultSandbox: sharedQuickJS,
    options: rest,
  })
  const { name, description, inputSchema, run } = codeMode.tool
  const runProgram = betaTool({
    name,
    description,
    inputSchema,
    run: async (input, context) => {
      const options = { context, signal: context?.signal ?? undefined }
      const { output, images } = await run(input as { code: string }, options)
      const text = JSON.stringify(output)
      return images.length === 0 ? text : [{ type: 'text', text }, ...images.map(toImageBlock)]
    },
  })
  return {
    system: addGuidance(system, guidance) as WrappedTools<Prompt>['system'],
    tools: [runProgram, ...direct.map(([, tool]) => tool)],
  }
}

const toImageBlock = ({ mediaType, data }: ModelImage) =>
  ({
    type: 'image',
    source: { type: 'base64', media_type: mediaType as 'image/png', data },
  }) as const

/** Custom tool with an input schema and a `run` function. */
type FreeTool = Extract<BetaRunnableTool, { input_schema: unknown }>

function isFree(tool: AnyTool): tool is FreeTool {
  const { type } = tool as { type?: string | null }
  return 'run' in tool && 'input_schema' in tool && (type === undefined || type === null || type === 'custom')
}

/** Converts a tool for programs. Text results are parsed as MCP text content: JSON objects and arrays become values. */
function toProgramTool(tool: FreeTool): ProgramTool {
  const { name, description, input_schema } = tool
  return {
    ...(description === undefined ? {} : { description }),
    inputSchema: input_schema,
    execute: async (input, { signal, callId, context }: ToolContext) => {
      // A host that calls `run` directly may pass no context.
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
