import { type ChildProcess, spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { Answer, Ready, Task } from './contestant.ts'
import type { EngineLimits } from './driver.ts'

const CONTESTANT = fileURLToPath(new URL('./contestant.ts', import.meta.url))
const LIMITS: EngineLimits = { timeoutMs: 30_000, memoryBytes: 64 * 1024 * 1024 }
const START_MS = 60_000
const END_MS = 8_000

/** Thrown if an engine does not answer in time, or its process ends. */
export class Silence extends Error {
  override readonly name = 'Silence'
}

/** Processes that run. */
const running = new Set<ChildProcess>()
process.once('exit', () => {
  for (const child of running) killGroup(child)
})
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => process.exit(130))

/** Process that measures one engine. */
export class Session {
  readonly ready: Ready
  readonly #child: ChildProcess

  private constructor(child: ChildProcess, ready: Ready) {
    this.#child = child
    this.ready = ready
  }

  /** @throws {@link Silence} */
  static async start(driver: string, nodeFlags: readonly string[], limits = LIMITS): Promise<Session> {
    const args = [...nodeFlags, '--disable-warning=ExperimentalWarning', CONTESTANT, driver, JSON.stringify(limits)]
    // A group of its own, so that all its processes can be ended together.
    const child = spawn(process.execPath, args, {
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
      detached: true,
    })
    running.add(child)
    child.once('exit', () => running.delete(child))
    let errors = ''
    child.stderr?.on('data', (text) => {
      errors = (errors + text).slice(-2_000)
    })
    try {
      return new Session(child, await answerOf<Ready>(child, START_MS))
    } catch (error) {
      killGroup(child)
      throw new Silence(errors.trim().split('\n').at(-1) || (error as Error).message)
    }
  }

  get pid(): number {
    return this.#child.pid as number
  }

  /**
   * @throws {@link Silence} after `boxMs`, or if the process ends; `Error` if the engine failed
   */
  async ask(task: Task, boxMs: number): Promise<Exclude<Answer, { type: 'failed' }>> {
    this.#child.send(task)
    const answer = await answerOf<Answer>(this.#child, boxMs)
    if (answer.type === 'failed') throw new Error(answer.message)
    return answer
  }

  async samples(task: Task, boxMs: number): Promise<readonly number[]> {
    const answer = await this.ask(task, boxMs)
    return answer.type === 'samples' ? answer.samples : []
  }

  async end(): Promise<void> {
    const exited = new Promise<void>((resolve) => this.#child.once('exit', () => resolve()))
    if (this.#child.exitCode === null && this.#child.signalCode === null) {
      if (this.#child.connected) this.#child.send('end', () => {})
      const timer = setTimeout(() => killGroup(this.#child), END_MS)
      await exited
      clearTimeout(timer)
    }
    killGroup(this.#child)
  }

  kill(): void {
    killGroup(this.#child)
  }
}

function killGroup({ pid }: ChildProcess): void {
  try {
    if (pid !== undefined) process.kill(-pid, 'SIGKILL')
  } catch {
    // It has ended.
  }
}

function answerOf<Message>(child: ChildProcess, boxMs: number): Promise<Message> {
  return new Promise((resolve, reject) => {
    const settle = (act: () => void) => {
      clearTimeout(timer)
      child.off('message', onMessage).off('exit', onExit)
      act()
    }
    const onMessage = (message: unknown) => settle(() => resolve(message as Message))
    const onExit = (code: number | null, signal: string | null) =>
      settle(() => reject(new Silence(`its process ended by ${signal ?? `code ${code}`}`)))
    const timer = setTimeout(
      () => settle(() => reject(new Silence(`it did not answer within ${Math.round(boxMs / 1_000)} s`))),
      boxMs,
    )
    child.on('message', onMessage).on('exit', onExit)
  })
}
