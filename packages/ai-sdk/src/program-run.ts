import {
  type CodeMode,
  type ExecutionEvent,
  type HostCallRecord,
  type ModelOutput,
  toModelOutput,
} from '@glovebox/core'

/** A call of a tool by a program, as a user interface may show it. */
export interface ProgramCall {
  id: number
  /** `namespace.tool` */
  tool: string
  status: 'running' | HostCallRecord['outcome']
  /** Since the program began. */
  startedMs: number
  durationMs?: number
}

/** A run of a program as plain JSON: while it goes on, and when it has ended. */
export interface ProgramRun {
  status: 'running' | 'succeeded' | 'failed'
  /** The last ones. */
  calls: ProgramCall[]
  /** The end of what the console shows. */
  logs: string
  /** What the model is told, when the run has ended. */
  output?: ModelOutput
}

/** More than that nobody reads while it goes by. */
const SHOWN_CALLS = 100
const SHOWN_LOGS = 10_000
/** Between two states of a run that goes on. */
const INTERVAL_MS = 100

/** Runs a program and gives its states as it goes, the last one when it has ended. Whoever stops listening ends it. */
export async function* watchProgram(
  codeMode: CodeMode,
  code: string,
  { context, signal }: { context: unknown; signal: AbortSignal | undefined },
): AsyncGenerator<ProgramRun, void, void> {
  const stopped = new AbortController()
  const view = new ProgramView()
  const execution = codeMode.execute(code, {
    context,
    signal: signal === undefined ? stopped.signal : AbortSignal.any([signal, stopped.signal]),
    onEvent: (event) => view.add(event),
  })
  const ended = execution.then(
    () => true,
    () => true,
  )
  try {
    while (!(await Promise.race([ended, view.changed()]))) {
      yield view.show('running')
      await pause(INTERVAL_MS, ended)
    }
    const result = await execution
    yield { ...view.show(result.ok ? 'succeeded' : 'failed'), output: toModelOutput(result) }
  } finally {
    stopped.abort(new Error('Nobody waits for the program any more'))
  }
}

async function pause(ms: number, until: Promise<unknown>): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const over = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, ms)
  })
  await Promise.race([over, until])
  clearTimeout(timer)
}

/** What is shown of a run, kept small however long it is. */
class ProgramView {
  readonly #calls = new Map<number, ProgramCall>()
  #logs = ''
  #change = Promise.withResolvers<false>()

  /** Resolves when there is something new to show. */
  changed(): Promise<false> {
    return this.#change.promise
  }

  add(event: ExecutionEvent): void {
    switch (event.type) {
      case 'log':
        this.#logs = `${this.#logs}${event.text}\n`.slice(-SHOWN_LOGS)
        break
      case 'call':
        this.#calls.set(event.id, { id: event.id, tool: event.tool, status: 'running', startedMs: event.timeMs })
        if (this.#calls.size > SHOWN_CALLS) this.#calls.delete(this.#calls.keys().next().value as number)
        break
      case 'settled': {
        const call = this.#calls.get(event.id)
        if (call !== undefined) Object.assign(call, { status: event.outcome, durationMs: event.durationMs })
        break
      }
      default:
        event satisfies never
    }
    this.#change.resolve(false)
  }

  show(status: ProgramRun['status']): ProgramRun {
    this.#change = Promise.withResolvers()
    return { status, calls: [...this.#calls.values()].map((call) => ({ ...call })), logs: this.#logs }
  }
}
