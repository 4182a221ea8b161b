import type { CodeMode, ExecutionEvent, ModelOutput, ToolCallRecord } from '@glovebox/core'

/** A call of a tool by a program, as a user interface may show it: `tool` is `namespace.tool`, and times are since the program began. */
export type ProgramCall = { id: number; tool: string; startedMs: number } & (
  | { status: 'running' }
  | { status: ToolCallRecord['outcome']; durationMs: number }
)

interface ProgramView {
  /** The last ones. */
  calls: ProgramCall[]
  /** The end of what the console shows. */
  logs: string
}

/** A run of a program as plain JSON: while it goes on, and when it has ended, with what the model is told. */
export type ProgramRun = ProgramView & ({ status: 'running' } | { status: 'succeeded' | 'failed'; output: ModelOutput })

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
    yield { status: result.ok ? 'succeeded' : 'failed', ...progress.show(), output: codeMode.tool.output(result) }
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
class Progress {
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
