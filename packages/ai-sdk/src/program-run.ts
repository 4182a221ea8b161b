import type { CodeMode, ExecuteResult, ExecutionEvent, ModelImage, ModelOutput, ToolCallRecord } from '@glovebox/core'

/** Tool call made by a program. `tool` is `namespace.tool`; `startedMs` counts from the start of the program. */
export type ProgramCall = { id: number; tool: string; startedMs: number } & (
  | { status: 'running' }
  | { status: ToolCallRecord['outcome']; durationMs: number }
)

interface ProgramView {
  /** Last 100 calls. */
  calls: ProgramCall[]
  /** Last 10,000 characters of the console output. */
  logs: string
}

/** State of a program as plain JSON. A finished program has the `output` and the `images` that the model receives. */
export type ProgramRun = ProgramView &
  ({ status: 'running' } | { status: ExecuteResult['status']; output: ModelOutput; images?: readonly ModelImage[] })

/** Maximum number of calls and of log characters in a state. */
const SHOWN_CALLS = 100
const SHOWN_LOGS = 10_000
/** Minimum time between two states of a running program. */
const INTERVAL_MS = 100

/** Runs a program and yields its states, the last one with its output. Ending the iteration aborts the program. */
export async function* watchProgram(
  codeMode: CodeMode,
  code: string,
  { context, signal }: { context: unknown; signal: AbortSignal | undefined },
): AsyncGenerator<ProgramRun, void, void> {
  const stopped = new AbortController()
  const progress = new Progress()
  const execution = codeMode.execute(code, {
    context,
    signal: signal === undefined ? stopped.signal : AbortSignal.any([signal, stopped.signal]),
    onEvent: (event) => progress.add(event),
  })
  const ended = execution.then(
    () => true,
    () => true,
  )
  try {
    while (!(await Promise.race([ended, progress.changed()]))) {
      yield { status: 'running', ...progress.show() }
      await pause(INTERVAL_MS, ended)
    }
    const result = await execution
    const images = codeMode.tool.images(result)
    const shown = { status: result.status, ...progress.show(), output: codeMode.tool.output(result) }
    yield images.length === 0 ? shown : { ...shown, images }
  } finally {
    stopped.abort(new Error('The reader of the program states stopped reading'))
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

/** Collects the state of a run, with bounded size. */
class Progress {
  readonly #calls = new Map<number, ProgramCall>()
  #logs = ''
  #change = Promise.withResolvers<false>()

  /** Resolves when the state has changed since the last `show()`. */
  changed(): Promise<false> {
    return this.#change.promise
  }

  add(event: ExecutionEvent): void {
    switch (event.type) {
      case 'log':
        this.#logs = `${this.#logs}${event.text}\n`.slice(-SHOWN_LOGS)
        break
      case 'tool-call-start':
        this.#calls.set(event.id, { id: event.id, tool: event.tool, startedMs: event.timeMs, status: 'running' })
        if (this.#calls.size > SHOWN_CALLS) this.#calls.delete(this.#calls.keys().next().value as number)
        break
      case 'tool-call-end': {
        const { id, tool, startedMs, durationMs, outcome: status } = event
        if (this.#calls.has(id)) this.#calls.set(id, { id, tool, startedMs, status, durationMs })
        break
      }
      default:
        event satisfies never
    }
    this.#change.resolve(false)
  }

  show(): ProgramView {
    this.#change = Promise.withResolvers()
    return { calls: [...this.#calls.values()], logs: this.#logs }
  }
}
