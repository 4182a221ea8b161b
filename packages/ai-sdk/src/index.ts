import { type WrapperOptions, wrapTools } from '@glovebox/core/framework'
import { sharedQuickJS } from '@glovebox/quickjs/shared'
import type { SystemModelMessage, ToolSet } from 'ai'
import { toProgramTool } from './program-tool.ts'
import { type RunProgramTool, runProgramTool } from './run-program-tool.ts'

type ByName = Readonly<Record<string, unknown>>

/** What `streamText` takes as its system prompt, of any version. */
type System = string | SystemModelMessage | SystemModelMessage[]

export interface WrapOptions<Tools extends ToolSet, Prompt extends System = string> extends WrapperOptions {
  readonly system?: Prompt
  /**
   * Tools of the AI SDK. Those without `execute`, those of a provider and those that need approval stay what they are:
   * the model calls them by itself, and the AI SDK treats them as ever.
   */
  readonly tools: Tools
  /** What `streamText` of version 7 is given, so that no program calls what needs approval. */
  readonly toolApproval?: { readonly [Name in keyof Tools]?: unknown }
  /** The tools' own contexts, by name, as `streamText` of version 7 is given them. */
  readonly toolsContext?: { readonly [Name in keyof Tools]?: unknown }
}

/** The tools to give to `streamText`: the one that runs programs, and those that no program may call. */
export type WrappedToolSet<Tools extends ToolSet, Name extends string = 'run_program'> = Record<Name, RunProgramTool> &
  Direct<Tools>

/** Some of the tools: which, no type tells. */
type Direct<Tools extends ToolSet> = string extends keyof Tools ? Tools : Partial<Tools>

export interface WrappedTools<
  Tools extends ToolSet,
  Prompt extends System = string,
  Name extends string = 'run_program',
> {
  system: Prompt extends string ? string : SystemModelMessage[]
  tools: WrappedToolSet<Tools, Name>
}

/**
 * Lets the model write programs that call the tools, in place of calling them one at a time: give what it returns to
 * `streamText`, `generateText` or an agent.
 *
 * @throws `TypeError` for options that make no sense, `SandboxError` where there is no sandbox
 */
export function codemode<
  Tools extends ToolSet,
  const Prompt extends System = string,
  const Name extends string = 'run_program',
>(options: WrapOptions<Tools, Prompt> & { readonly toolName?: Name }): WrappedTools<Tools, Prompt, Name> {
  const { system, tools, toolApproval, toolsContext, ...rest } = options
  const approvals: ByName = toolApproval ?? {}
  const contexts: ByName = toolsContext ?? {}
  if (typeof toolApproval === 'function') {
    throw new TypeError('`toolApproval` must be by name here: a function is not asked about the calls of programs')
  }
  const { codeMode, direct, guidance } = wrapTools({
    tools: Object.entries(tools),
    read: (tool, name) => (mayNeedApproval(approvals[name]) ? undefined : toProgramTool(tool, name, contexts[name])),
    defaultSandbox: sharedQuickJS,
    options: rest,
  })
  return {
    system: addGuidance(system, guidance) as WrappedTools<Tools, Prompt>['system'],
    tools: {
      ...Object.fromEntries(direct),
      [codeMode.tool.name]: runProgramTool(codeMode),
    } as WrappedToolSet<Tools, Name>,
  }
}

/** Anything but what surely lets a call through. */
function mayNeedApproval(approval: unknown): boolean {
  const type = typeof approval === 'object' && approval !== null && 'type' in approval ? approval.type : approval
  return type !== undefined && type !== 'not-applicable' && type !== 'approved'
}

function addGuidance(system: System | undefined, guidance: string): string | SystemModelMessage[] {
  if (system === undefined) return guidance
  if (typeof system === 'string') return `${system}\n\n${guidance}`
  return [...(Array.isArray(system) ? system : [system]), { role: 'system', content: guidance }]
}

export type { ProgramCall, ProgramRun } from './program-run.ts'
export type { RunProgramTool }
