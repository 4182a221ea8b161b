import {
  type CodeMode,
  type ExecuteResult,
  type ExecutionEvent,
  type PendingCall,
  RunError,
  SandboxError,
} from '@glovebox/core'
import type { CallToolResult } from '@modelcontextprotocol/server'
import { type ApprovalState, askAbout, decisionsIn, questionsIn, waitingText } from './approvals.ts'
import type { ClientRequest } from './client-request.ts'
import { answered, failed, toolResult } from './results.ts'
import { DESCRIBE, RESUME, SEARCH } from './tools.ts'
import type { Worked } from './worked.ts'

/** Settings of {@link ProgramTools}. */
export interface ProgramToolsSettings {
  readonly codeMode: CodeMode
  readonly hasLookups: boolean
  readonly approveCommand: ((run: string, call: PendingCall) => string) | undefined
  principalOf(request: ClientRequest): string | undefined
  onError(error: unknown): void
}

/** A call of one of our tools. */
export interface ToolCall {
  readonly name: string
  readonly input: Readonly<Record<string, unknown>>
  readonly request: ClientRequest
}

type Answer = Worked<CallToolResult>

/** The tools that run programs and look up functions. */
export class ProgramTools {
  readonly #settings: ProgramToolsSettings

  constructor(settings: ProgramToolsSettings) {
    this.#settings = settings
  }

  /** Calls a tool. Failures are results that the model reads. */
  async call(call: ToolCall): Promise<Answer> {
    const { codeMode, hasLookups } = this.#settings
    const { name, input, request } = call
    const { tool, runs } = codeMode
    return await this.#guarded(request, async () => {
      if (name === tool.name) return await this.#run(call)
      if (name === RESUME && runs !== undefined) return await this.#resume(call)
      if (hasLookups && name === SEARCH)
        return { result: answered(await codeMode.search(input as never, { signal: request.signal })) }
      if (hasLookups && name === DESCRIBE)
        return { result: { content: [{ type: 'text', text: codeMode.describe(input.paths as string[]) }] } }
      return refused(
        `There is no tool ${JSON.stringify(name.slice(0, 100))}. Programs call functions: use ${tool.name}.`,
      )
    })
  }

  /** Continues a run with the answers of the user to the same call. */
  async continue(call: ToolCall, state: ApprovalState): Promise<Answer> {
    const { codeMode } = this.#settings
    return await this.#guarded(call.request, async () => {
      const decisions = decisionsIn(state, call.request.inputResponses)
      return this.#answer(call, await codeMode.resume(state.run, { ...this.#options(call), decisions }))
    })
  }

  async #guarded(request: ClientRequest, work: () => Promise<Answer>): Promise<Answer> {
    try {
      return await work()
    } catch (error) {
      request.signal.throwIfAborted()
      if (error instanceof TypeError || error instanceof RunError) return refused(error.message)
      this.#settings.onError(error)
      return refused(`The program could not be run${error instanceof SandboxError ? `: ${error.code}` : ''}.`)
    }
  }

  async #run(call: ToolCall): Promise<Answer> {
    const { code } = call.input
    if (typeof code !== 'string') return refused('Pass the program as `code`, a string.')
    return this.#answer(call, await this.#settings.codeMode.execute(code, this.#options(call)))
  }

  async #resume(call: ToolCall): Promise<Answer> {
    const { run } = call.input
    if (typeof run !== 'string') return refused('Pass the id of the run as `run`, a string.')
    return this.#answer(call, await this.#settings.codeMode.resume(run, this.#options(call)))
  }

  #options({ request }: ToolCall) {
    const { codeMode, principalOf } = this.#settings
    const principal = codeMode.runs === undefined ? undefined : principalOf(request)
    return {
      signal: request.signal,
      // Servers that ask something ask the client of this request.
      context: request,
      onEvent: (event: ExecutionEvent) => {
        if (event.type === 'tool-call-start') request.report({ message: event.tool })
      },
      ...(principal !== undefined && { principal }),
    }
  }

  #answer({ request }: ToolCall, result: ExecuteResult): Answer {
    const { codeMode, approveCommand } = this.#settings
    if (result.status !== 'suspended') return { result: toolResult(codeMode, result) }
    const questions = questionsIn(result)
    const waiting = failed(waitingText(result, approveCommand))
    if (questions.length === 0 || !request.canShowForms) return { result: waiting }
    const digests = Object.fromEntries(questions.map(({ call: { call: id, digest } }) => [id, digest]))
    return { ask: askAbout(questions), run: { run: result.run, digests }, otherwise: waiting }
  }
}

const refused = (message: string): Answer => ({ result: failed(message) })
