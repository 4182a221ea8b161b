import { type ToolProvider, toolProvider } from './catalog/provider.ts'
import type { Tool, UnnamedTool } from './catalog/tool.ts'
import { type CodeMode, type CodeModeOptions, openCodeMode } from './code-mode.ts'
import type { Sandbox } from './sandbox/sandbox.ts'

/** Options that every framework wrapper accepts in addition to its framework's own options. */
export interface WrapperOptions extends Omit<CodeModeOptions, 'sandbox' | 'tools'> {
  /** Sandbox that runs the programs. The caller closes it. Default: a QuickJS sandbox that the whole process shares. */
  readonly sandbox?: Sandbox
  /**
   * Names of tools that the model calls directly instead of from programs. Tools that programs cannot call are direct
   * in any case. Default: none.
   */
  readonly direct?: readonly string[]
  /** Further tools that programs can call, such as the tools of MCP servers. Default: none. */
  readonly providers?: readonly ToolProvider[]
}

/** A framework's tool, converted so that programs can call it. */
export interface ProgramTool extends Omit<UnnamedTool, 'inputSchema' | 'outputSchema'> {
  /** JSON Schema of the input. The type accepts the type that each framework uses for JSON Schema. */
  readonly inputSchema?: object | boolean
  /** JSON Schema of the output. */
  readonly outputSchema?: object | boolean
}

/** Argument of {@link wrapTools}. */
export interface WrapRequest<FrameworkTool> {
  /** The framework's tools by name. */
  readonly tools: Iterable<readonly [name: string, tool: FrameworkTool]>
  /** Converts a tool. Returns undefined if a call needs the framework or an approval, so that the tool stays direct. */
  read(tool: FrameworkTool, name: string): ProgramTool | undefined
  /** Returns the sandbox to use if the options have none. */
  defaultSandbox(): Sandbox
  /** Options that the user of the wrapper passed. */
  readonly options: WrapperOptions
}

/** Result of {@link wrapTools}. */
export interface Wrapped<FrameworkTool> {
  /** Code mode that runs the programs. */
  readonly codeMode: CodeMode
  /** Tools that the model calls directly. */
  readonly direct: readonly (readonly [name: string, tool: FrameworkTool])[]
  /** Text to append to the system prompt. */
  readonly guidance: string
}

/**
 * Splits a framework's tools into tools that programs call and tools that the model calls directly. No tool is dropped.
 * Tools for which `read` returns undefined, such as tools that need approval, are always direct.
 *
 * @throws `TypeError` for invalid options; `SandboxError` `GUARANTEE_NOT_MET` if the sandbox does not meet `require`
 */
export function wrapTools<FrameworkTool>(request: WrapRequest<FrameworkTool>): Wrapped<FrameworkTool> {
  const { sandbox = request.defaultSandbox(), direct: asked = [], providers = [], ...rest } = request.options
  const given = [...request.tools]
  const unknown = asked.filter((name) => !given.some(([known]) => known === name))
  if (unknown.length > 0) throw new TypeError(`\`direct\` lists unknown tools: ${unknown.join(', ')}`)
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
      `A direct tool is called ${codeMode.tool.name}, like the tool that runs programs: set \`toolName\` to another name`,
    )
  }
  return { codeMode, direct, guidance: writeGuidance(codeMode.tool.name, names) }
}

function readNamed<FrameworkTool>({ read }: WrapRequest<FrameworkTool>, tool: FrameworkTool, name: string) {
  try {
    return read(tool, name)
  } catch (error) {
    const message = `The tool ${name} cannot be declared: ${(error as Error).message}. Fix it, or list it in \`direct\``
    throw new TypeError(message, { cause: error })
  }
}

/** Returns the id of a call that a program makes, derived from the id of the call that runs the program. */
export function callIdIn(outer: string | undefined, callId: number): string {
  return `${outer ?? 'program'}.${callId}`
}

function writeGuidance(runProgram: string, direct: readonly string[]): string {
  const alone = direct.length === 0 ? '' : `\nCall these tools directly; programs cannot: ${direct.join(', ')}.`
  return `To use tools, write one program that calls all that the task needs, and pass it to ${runProgram}: its description declares them. \
If a program fails, fix it and continue from what has already been done.${alone}`
}
