import type { CodeMode } from './code-mode.ts'
import { RunError } from './contract/errors.ts'
import type { ExecuteOptions } from './execution/execute-options.ts'
import type { Runs } from './execution/run-records.ts'
import { type ModelOutput, type Waiting, waitingOf } from './model-output.ts'

/** Tool with which a model asks to resume a suspended run. Calling `execute` allows the calls that wait. */
export interface ResumeTool {
  readonly name: string
  readonly description: string
  /** JSON Schema of the input, which is the `waiting` part of an output. */
  readonly inputSchema: object
  /**
   * Allows the calls of the input and resumes the run. The input must be exactly what waits, because a person has
   * approved what it shows. Otherwise nothing happens, and the model receives an error with what waits.
   *
   * @throws as `CodeMode.resume`
   */
  execute(input: unknown, options?: Pick<ExecuteOptions, 'signal' | 'context' | 'onEvent'>): Promise<ModelOutput>
}

const RESUME_NAME = 'resume_program'
const CALL = {
  type: 'object',
  properties: { call: { type: 'integer' }, tool: { type: 'string' }, input: {} },
  required: ['call', 'tool', 'input'],
  additionalProperties: false,
}

/** Creates the tool that resumes suspended runs. The framework must ask for approval of each of its calls. */
export function resumeTool(codeMode: CodeMode, runs: Runs): ResumeTool {
  return {
    name: RESUME_NAME,
    description: `Resumes a program that waits. Pass the content of \`waiting\` unchanged. The user decides on the calls.`,
    inputSchema: {
      type: 'object',
      properties: { run: { type: 'string' }, calls: { type: 'array', items: CALL } },
      required: ['run', 'calls'],
      additionalProperties: false,
    },
    execute: async (input, options = {}) => {
      const { run, calls = [] } = (input ?? {}) as Partial<Waiting>
      if (typeof run !== 'string') return { error: 'RUN_NOT_FOUND: pass the id of the run as `run`' }
      try {
        const { pending } = await runs.get(run)
        const waiting = waitingOf({ run, pending })
        if (pending.some(({ state }) => state === 'uncertain'))
          return { error: 'RUN_SUSPENDED: a person must say what became of a call, which cannot be done here' }
        if (waiting.calls.some((each) => !('input' in each)))
          return { error: 'RUN_SUSPENDED: an input is too large to show, so it cannot be approved here' }
        if (canonical(calls) !== canonical(waiting.calls))
          return {
            error: 'RUN_DECISION_INVALID: these are not the calls that wait. Pass `waiting` unchanged.',
            waiting,
          }
        const decisions = pending.map(({ call, digest }) => ({ call, digest, decision: 'allow' as const }))
        return codeMode.tool.output(await codeMode.resume(run, { ...options, decisions }))
      } catch (error) {
        if (error instanceof RunError) return { error: `${error.code}: ${error.message}` }
        throw error
      }
    },
  }
}

/** Returns a value as JSON that does not depend on the order of its keys. */
const canonical = (value: unknown): string =>
  JSON.stringify(value, (_, each: unknown) =>
    typeof each === 'object' && each !== null && !Array.isArray(each)
      ? Object.fromEntries(Object.entries(each).sort(([a], [b]) => (a < b ? -1 : 1)))
      : each,
  )
