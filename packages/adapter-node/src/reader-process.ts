import type { ChildProcess } from 'node:child_process'
import { constants, setPriority } from 'node:os'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { WorkerExit } from '@glovebox/core/adapter'
import { describeExit, residentBytesOf } from './child-process.ts'
import { mainThreadTimeMsOf } from './cpu-time.ts'
import { entryFile } from './entry-file.ts'
import type { FromReader, ToReader } from './reader-messages.ts'
import { retryShortage } from './system-shortage.ts'
import { spawnWatchedChild } from './watched-child.ts'

const READER = { beside: './glovebox-reader.js', specifier: '@glovebox/adapter-node/reader', from: import.meta.url }
/** Time limit for the start in milliseconds. A reader is ready in 0.2 s, or in a few seconds on a busy machine. */
const START_MS = 30_000
/** Maximum V8 heap of a reader in MB. The largest program that hosts accept by default needs a third of it. */
const HEAP_MB = 96

export interface ReaderProcessEvents {
  /** The process is ready for its first work. */
  onUp(): void
  /** The process has loaded the type stripper, for its first work that needs it or ahead of time. */
  onLoaded(): void
  onDone(message: Extract<FromReader, { type: 'done' }>): void
  /** Called once, after the process has ended. */
  onDeath(death: WorkerExit): void
}

/** The host's side of one reader process. The process does one piece of work at a time. */
export class ReaderProcess {
  readonly #child: ChildProcess
  readonly #events: ReaderProcessEvents
  readonly #dead = Promise.withResolvers<void>()
  readonly #startTimer: ReturnType<typeof setTimeout>
  #isUp = false
  #isLate = false

  private constructor(child: ChildProcess, events: ReaderProcessEvents) {
    this.#child = child
    this.#events = events
    this.#startTimer = setTimeout(() => {
      this.#isLate = true
      this.kill()
    }, START_MS).unref()
    this.#listen()
  }

  /**
   * Starts a reader process.
   *
   * @throws `SandboxError` `SANDBOX_UNAVAILABLE` if no process can be started
   */
  static start(events: ReaderProcessEvents): Promise<ReaderProcess> {
    const file = fileURLToPath(entryFile(READER))
    return retryShortage(async () => {
      const child = await spawnWatchedChild(process.execPath, [`--max-old-space-size=${HEAP_MB}`, file], {
        cwd: dirname(file),
        env: process.platform === 'win32' ? { SYSTEMROOT: process.env.SYSTEMROOT } : {},
        stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
        serialization: 'advanced',
        windowsHide: true,
      })
      return new ReaderProcess(child, events)
    })
  }

  get isUp(): boolean {
    return this.#isUp
  }

  /** Returns the CPU time so far in milliseconds, or undefined if the system does not report it. */
  cpuTimeMs(): number | undefined {
    return mainThreadTimeMsOf(this.#child.pid)
  }

  residentBytes(): number | undefined {
    return residentBytesOf(this.#child.pid)
  }

  send(message: ToReader): void {
    // An error here means that the process has ended, which `onDeath` reports.
    if (this.#child.connected) this.#child.send(message, () => {})
  }

  /** Lowers the priority of the process. Raising it again would need privileges. */
  yieldProcessor(): void {
    try {
      if (this.#child.pid !== undefined) setPriority(this.#child.pid, constants.priority.PRIORITY_BELOW_NORMAL)
    } catch {
      // The process has just ended, or the system does not allow it: the priority then stays as before.
    }
  }

  /** Kills the process and resolves when it has ended. */
  kill(): Promise<void> {
    this.#child.kill('SIGKILL')
    // A caller that waits for the end keeps the host process alive until then.
    this.#child.ref()
    return this.#dead.promise
  }

  #listen(): void {
    const child = this.#child
    child.on('message', (message: FromReader) => {
      if (message.type === 'done') return this.#events.onDone(message)
      if (message.type === 'loaded') return this.#events.onLoaded()
      this.#isUp = true
      clearTimeout(this.#startTimer)
      this.#events.onUp()
    })
    child.once('exit', (code, signal) => {
      clearTimeout(this.#startTimer)
      this.#dead.resolve()
      const late = { detail: `it did not start within ${START_MS} ms` }
      this.#events.onDeath(this.#isLate ? late : describeExit(code, signal, ''))
    })
    // A reader does not keep the host process alive: an execution that waits for one holds its own timer.
    child.unref()
    child.channel?.unref()
  }
}
