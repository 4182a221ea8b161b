import { type WrapperOptions, wrapTools } from '@glovebox/core/framework'
import { sharedQuickJS } from '@glovebox/quickjs/shared'
import type { SystemModelMessage, ToolSet } from 'ai'
import { toProgramTool } from './program-tool.ts'
import { resumeProgramTool } from './resume-program-tool.ts'
import { type RunProgramTool, runProgramTool } from './run-program-tool.ts'

type ByName = Readonly<Record<string, unknown>>

/** System prompt that `streamText` accepts, in any supported version. */
type System = string | SystemModelMessage | SystemModelMessage[]

/** Options of {@link codemode}. */
export interface WrapOptions<Tools extends ToolSet, Prompt extends System = string> extends WrapperOptions {
  /** System prompt. The returned one has usage instructions appended. Default: none. */
  readonly system?: Prompt
  /**
   * Tools of the AI SDK. Tools without `execute` and provider-defined tools are not available to programs: the model
   * calls them directly, and the AI SDK handles them as usual. So are tools that need approval, unless `runs` is set:
   * then a program waits for the approval of such a call, and the tool `resume_program` asks for it.
   */
  readonly tools: Tools
  /**
   * Approval policies by tool name, as passed to `streamText` of AI SDK 7. A tool whose policy is anything other than
   * `'approved'` or `'not-applicable'` needs approval for every call. Default: none.
   */
  readonly toolApproval?: { readonly [Name in keyof Tools]?: unknown }
  /** Contexts of the tools by name, as passed to `streamText` of AI SDK 7. Default: none. */
  readonly toolsContext?: { readonly [Name in keyof Tools]?: unknown }
}

/** Tools for `streamText`: the tool that runs programs, and the tools that programs cannot call. */
export type WrappedToolSet<Tools extends ToolSet, Name extends string = 'run_program'> = Record<Name, RunProgramTool> &
  Direct<Tools>

/** Subset of the tools. Types cannot express which ones, so each is optional. */
type Direct<Tools extends ToolSet> = string extends keyof Tools ? Tools : Partial<Tools>

/** Result of {@link codemode}. */
export interface WrappedTools<
  Tools extends ToolSet,
  Prompt extends System = string,
  Name extends string = 'run_program',
> {
  system: Prompt extends string ? string : SystemModelMessage[]
  tools: WrappedToolSet<Tools, Name>
}

/**
 * Wraps the tools so that the model writes programs that call them, instead of calling them one at a time. Pass the
 * returned `system` and `tools` to `streamText`, `generateText` or an agent.
 *
 * @throws `TypeError` for invalid options, `SandboxError` if no sandbox is available or it does not meet `require`
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
    throw new TypeError(
      '`toolApproval` must be an object keyed by tool name, got a function; use an object, or list the tools in `direct`',
    )
  }
  const { codeMode, direct, guidance, resume } = wrapTools({
    tools: Object.entries(tools),
    read: (tool, name) => {
      const readable = toProgramTool(tool, name, contexts[name])
      return readable && mayNeedApproval(approvals[name]) ? { ...readable, needsApproval: true } : readable
    },
    canAsk: true,
    defaultSandbox: sharedQuickJS,
    options: rest,
  })
  return {
    system: addGuidance(system, guidance) as WrappedTools<Tools, Prompt>['system'],
    tools: {
      ...Object.fromEntries(direct),
      [codeMode.tool.name]: runProgramTool(codeMode),
      ...(resume && { [resume.name]: resumeProgramTool(resume) }),
    } as WrappedToolSet<Tools, Name>,
  }
}

/** Returns false only for policies that always allow the call. */
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
