import { type ToolProvider, toolProvider } from './catalog/provider.ts'
import type { Tool, UnnamedTool } from './catalog/tool.ts'
import { type CodeMode, type CodeModeOptions, openCodeMode } from './code-mode.ts'
import type { Sandbox } from './sandbox.ts'

/** What every wrapper takes beside its framework's tools and system prompt. */
export interface WrapperOptions extends Omit<CodeModeOptions, 'sandbox' | 'tools'> {
  /** Stays the caller's. QuickJS, shared by the whole process, unless told otherwise. */
  readonly sandbox?: Sandbox
  /** Tools that the model goes on calling by itself, by name, beside those that no program may call in any case. */
  readonly direct?: readonly string[]
  /** What programs may call beside the framework's tools, such as the tools of MCP servers. */
  readonly providers?: readonly ToolProvider[]
}

/** A tool as programs may call it. */
export interface ProgramTool extends Omit<UnnamedTool, 'inputSchema' | 'outputSchema'> {
  /** JSON Schema, whatever type the framework has for it. */
  readonly inputSchema?: object | boolean
  readonly outputSchema?: object | boolean
}

export interface WrapRequest<FrameworkTool> {
  readonly tools: Iterable<readonly [name: string, tool: FrameworkTool]>
  /** Undefined for a tool that needs its framework, or a person, to be called. */
  read(tool: FrameworkTool, name: string): ProgramTool | undefined
  /** Asked for one where the options have none. */
  defaultSandbox(): Sandbox
  readonly options: WrapperOptions
}

export interface Wrapped<FrameworkTool> {
  readonly codeMode: CodeMode
  /** The tools that the model goes on calling by itself. */
  readonly direct: readonly (readonly [name: string, tool: FrameworkTool])[]
  /** What to add to the system prompt. */
  readonly guidance: string
}

/**
 * Divides a framework's tools into those that programs call and those that the model goes on calling by itself: none is
 * dropped, and none that needs approval is within a program's reach.
 *
 * @throws `TypeError` for options that make no sense, `SandboxError` `GUARANTEE_NOT_MET` for a sandbox that promises too little
 */
export function wrapTools<FrameworkTool>(request: WrapRequest<FrameworkTool>): Wrapped<FrameworkTool> {
  const { sandbox = request.defaultSandbox(), direct: asked = [], providers = [], ...rest } = request.options
  const given = [...request.tools]
  const unknown = asked.filter((name) => !given.some(([known]) => known === name))
  if (unknown.length > 0) throw new TypeError(`\`direct\` names what is no tool: ${unknown.join(', ')}`)
  const called: Tool[] = []
  const direct: (readonly [string, FrameworkTool])[] = []
  for (const [name, tool] of given) {
    const readable = asked.includes(name) ? undefined : readNamed(request, tool, name)
    if (readable === undefined) direct.push([name, tool])
    else called.push({ ...(readable as UnnamedTool), name })
  }
  const names = [...new Set(direct.map(([name]) => name))]
  const tools = [toolProvider({ name: 'tools', tools: called }), ...providers]
  const codeMode = openCodeMode({ ...rest, sandbox, tools }, names)
  if (names.includes(codeMode.tool.name)) {
    throw new TypeError(
      `A tool that the model calls by itself is called ${codeMode.tool.name}, as the one that runs programs`,
    )
  }
  return { codeMode, direct, guidance: writeGuidance(codeMode.tool.name, names) }
}

function readNamed<FrameworkTool>({ read }: WrapRequest<FrameworkTool>, tool: FrameworkTool, name: string) {
  try {
    return read(tool, name)
  } catch (error) {
    const message = `The tool ${name} cannot be declared: ${(error as Error).message}. Mend it, or name it in \`direct\``
    throw new TypeError(message, { cause: error })
  }
}

/** The id of a call in a program, from that of the call that runs the program. */
export function callIdIn(outer: string | undefined, callId: number): string {
  return `${outer ?? 'program'}.${callId}`
}

function writeGuidance(runProgram: string, direct: readonly string[]): string {
  const alone = direct.length === 0 ? '' : `\nCall these tools directly; programs cannot: ${direct.join(', ')}.`
  return `To use tools, write one program that calls all that the task needs, and pass it to ${runProgram}: its description declares them. \
If a program fails, fix it and continue from what has already been done.${alone}`
}
