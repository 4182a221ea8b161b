/** Drives one stored run to its end from any state. */
import { appendFileSync, existsSync, readFileSync } from 'node:fs'
import {
  type CallDecision,
  createCodeMode,
  defineTool,
  type ExecuteResult,
  type JsonSchema,
  RunError,
  type RunStore,
  type Sandbox,
  type ToolAnnotations,
  toolProvider,
} from '@glovebox/core'

/** Time after which another host may continue, in milliseconds. */
const LEASE_MS = 400
/** Duration of a call of `hold`, longer than a lease. */
const HOLD_MS = 2_000
const LARGE = 200_000

/** One effect of a tool. */
export interface Effect {
  /** Key of the call. */
  readonly key: string
  readonly tool: string
  readonly input: unknown
}

/** Options for {@link driveToEnd}. */
export interface Drive {
  readonly sandbox: Sandbox
  readonly store: RunStore
  readonly run: string
  readonly code: string
  /** File to which each effect of a tool adds a line. */
  readonly ledger: string
}

interface EffectOptions {
  // biome-ignore lint/suspicious/noExplicitAny: each tool knows its input.
  readonly output: (input: any) => unknown
  readonly annotations?: ToolAnnotations
  readonly inputSchema?: JsonSchema
}

const amount: JsonSchema = {
  type: 'object',
  properties: { to: { type: 'string' }, amount: { type: 'number' } },
  required: ['to', 'amount'],
}

/** Reads the effects of the tools, in order. */
export function readLedger(path: string): readonly Effect[] {
  if (!existsSync(path)) return []
  const lines = readFileSync(path, 'utf8').split('\n').filter(Boolean)
  return lines.map((line) => JSON.parse(line) as Effect)
}

function createTools(ledger: string) {
  /** Defines a tool whose effect is a line in the ledger. */
  const effect = (tool: string, { output, annotations = {}, inputSchema = {} }: EffectOptions) =>
    defineTool({
      annotations,
      inputSchema,
      execute: async (input: unknown, { idempotencyKey }) => {
        // What the program passes to `echo` is different in every run.
        const shown = tool === 'echo' ? {} : { input }
        appendFileSync(ledger, `${JSON.stringify({ key: idempotencyKey, tool, ...shown })}\n`)
        return await output(input)
      },
    })
  const echo = (input: unknown) => input
  return {
    pay: effect('pay', { inputSchema: amount, output: echo }),
    wire: effect('wire', { inputSchema: amount, output: echo }),
    slow: effect('slow', { output: (input) => new Promise((resolve) => setTimeout(resolve, 6, input)) }),
    hold: effect('hold', { output: (input) => new Promise((resolve) => setTimeout(resolve, HOLD_MS, input)) }),
    set: effect('set', { output: ({ value }) => value, annotations: { idempotentHint: true } }),
    rate: effect('rate', { output: () => 2, annotations: { readOnlyHint: true } }),
    echo: effect('echo', { output: echo, annotations: { idempotentHint: true } }),
    large: effect('large', { output: ({ n }) => 'z'.repeat(LARGE * n), annotations: { readOnlyHint: true } }),
    fail: effect('fail', {
      output: ({ why }) => {
        throw new Error(why)
      },
    }),
    close: effect('close', { output: echo }),
  }
}

type Suspended = Extract<ExecuteResult, { status: 'suspended' }>

/** Decides on the calls that wait, as a person would: wires are allowed, and the ledger shows uncertain calls. */
function decide({ run, pending }: Suspended, ledger: string): CallDecision[] {
  return pending.map(({ call, digest, state, tool, input }) => {
    if (state === 'asked') return { call, digest, decision: 'allow' }
    const isDone = readLedger(ledger).some(({ key }) => key === `${run}.${call}`)
    if (!isDone) return { call, digest, decision: 'retry' }
    const decision = tool === 'bank.fail' ? { error: (input as { why: string }).why } : { output: input }
    return { call, digest, decision }
  })
}

/** Executes the program, or resumes its run if the store has it. */
export async function driveToEnd({ sandbox, store, code, run, ledger }: Drive): Promise<ExecuteResult> {
  const codeMode = await createCodeMode({
    sandbox,
    tools: toolProvider({ name: 'bank', tools: createTools(ledger) }),
    policy: [
      { tools: 'bank.wire', effect: 'ask' },
      { tools: 'bank.close', effect: 'deny' },
    ],
    runs: { store, leaseMs: LEASE_MS },
  })
  try {
    let result = (await store.load(run)) === undefined ? await codeMode.execute(code, { run }) : undefined
    while (result === undefined || result.status === 'suspended') {
      const decisions: readonly CallDecision[] = result === undefined ? [] : decide(result, ledger)
      result = await patiently(() => codeMode.resume(run, { decisions }))
    }
    return result
  } finally {
    await codeMode.close()
  }
}

/** Waits while the lease of a killed host is valid. */
async function patiently(resume: () => Promise<ExecuteResult>): Promise<ExecuteResult> {
  for (;;) {
    try {
      return await resume()
    } catch (error) {
      if (!(error instanceof RunError && error.code === 'RUN_CLAIMED')) throw error
      await new Promise((resolve) => setTimeout(resolve, LEASE_MS / 10))
    }
  }
}
