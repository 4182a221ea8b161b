import type { ChildProcess } from 'node:child_process'
import { existsSync } from 'node:fs'
import type { Socket } from 'node:net'
import { dirname } from 'node:path'
import type { Readable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import {
  cpuTimeMsOf,
  describeExit,
  entryFile,
  guestEnvironment,
  residentBytesOf,
  shortageOf,
  spawnWatchedChild,
  unavailableBy,
  watchStart,
} from '@glovebox/adapter-node'
import type { FromWorker, GuestRuntime, ToWorker, WorkerEvents, WorkerExit, WorkerLink } from '@glovebox/core/adapter'
import { unpackToHost } from './child-schemas.ts'
import { FrameReader, writeFrame } from './frames.ts'
import { unavailable } from './library.ts'
import { type Boot, PIPE, packToChild, WATCH } from './messages.ts'
import { StatusFile } from './status-file.ts'

const CHILD = { beside: './glovebox-child.cjs', specifier: '@glovebox/isolated-vm/child', from: import.meta.url }
/** Whether nothing else reports the memory of a child during a turn, or ends the child after its host. */
const WATCHES_ITSELF = process.platform !== 'linux' || !existsSync('/bin/sh')
const MAX_ATTEMPTS = 20
/** Number of characters of standard error that are kept. V8 writes the reason for a fatal error last. */
const MAX_STDERR = 8_192

/**
 * Starts a process that guests share. It inherits only its pipe, its standard error and its status file.
 *
 * @param library the path of isolated-vm
 * @throws `SandboxError` `SANDBOX_UNAVAILABLE`; the signal's reason
 */
export async function connectProcess(
  library: string,
  runtime: GuestRuntime,
  events: WorkerEvents,
  signal: AbortSignal,
): Promise<WorkerLink> {
  for (let attempt = 1; ; attempt++) {
    signal.throwIfAborted()
    const link = await ProcessLink.spawn(library, events)
    const kill = () => void link.kill()
    signal.addEventListener('abort', kill, { once: true })
    link.post({ type: 'boot', runtime })
    const death = await link.up
    signal.removeEventListener('abort', kill)
    if (death === undefined) return link
    const isBlameless = death.isSystemOutOfMemory === true || shortageOf(death.detail) !== undefined
    if (isBlameless) throw unavailableBy('A process could not be started', death.detail)
    // It was killed from outside before it was ready: another start may succeed.
    if (death.isForeign !== true || attempt === MAX_ATTEMPTS) throw unavailable(death.detail)
  }
}

class ProcessLink implements WorkerLink {
  /** Resolves when the process is ready, or with the reason why it ended before that. */
  readonly up: Promise<WorkerExit | undefined>
  readonly #events: WorkerEvents
  readonly #status: StatusFile
  readonly #child: ChildProcess
  readonly #pipe: Socket
  readonly #dead: Promise<void>
  readonly #resolveUp: (death: WorkerExit | undefined) => void
  readonly #endStartWatch: () => void
  #stderr = ''
  #isUp = false

  private constructor(child: ChildProcess, status: StatusFile, events: WorkerEvents) {
    this.#child = child
    this.#status = status
    this.#events = events
    this.#pipe = child.stdio[PIPE] as Socket
    const up = Promise.withResolvers<WorkerExit | undefined>()
    this.up = up.promise
    this.#resolveUp = up.resolve
    this.#dead = this.#listen()
    this.#endStartWatch = watchStart(child.pid, (death) => this.#giveUp(death))
  }

  /** @throws `SandboxError` `SANDBOX_UNAVAILABLE` */
  static async spawn(library: string, events: WorkerEvents): Promise<ProcessLink> {
    const file = fileURLToPath(entryFile(CHILD))
    const status = createStatusFile()
    try {
      const args = ['--no-node-snapshot', file, library, ...(WATCHES_ITSELF ? [WATCH] : [])]
      const child = await spawnWatchedChild(process.execPath, args, {
        // The host's working directory may have been deleted.
        cwd: dirname(file),
        env: guestEnvironment(),
        stdio: ['ignore', 'ignore', 'pipe', 'pipe', status.descriptor],
        windowsHide: true,
      })
      return new ProcessLink(child, status, events)
    } catch (error) {
      status.close()
      throw error
    }
  }

  get #streams(): readonly Socket[] {
    return [this.#pipe, this.#child.stderr as Socket]
  }

  post(message: ToWorker | Boot): void {
    if (!this.#pipe.writable) return
    if (this.#pipe.writableCorked === 0) {
      this.#pipe.cork()
      queueMicrotask(() => this.#pipe.uncork())
    }
    this.#pipe.write(writeFrame(packToChild(message)))
  }

  isInTurn(slot: number): boolean {
    return this.#status.isInTurn(slot)
  }

  residentBytes(): number {
    return residentBytesOf(this.#child.pid) ?? this.#status.residentBytes
  }

  cpuTimeMs(): number | undefined {
    return cpuTimeMsOf(this.#child.pid)
  }

  async kill(): Promise<void> {
    this.#child.kill('SIGKILL')
    // The host process stays alive until the end that the caller waits for.
    for (const handle of [this.#child, ...this.#streams]) handle.ref()
    await this.#dead
  }

  #giveUp(death: WorkerExit): void {
    this.#resolveUp(death)
    this.#child.kill('SIGKILL')
  }

  async #listen(): Promise<void> {
    const reader = new FrameReader((texts) => this.#onFrame(unpackToHost(texts)))
    this.#pipe.on('data', (part: Buffer) => {
      try {
        reader.push(part)
      } catch (error) {
        // The message is invalid, so the child can no longer be trusted.
        this.#stderr = `protocol error: ${(error as Error).message}`
        this.#child.kill('SIGKILL')
      }
    })
    const stderr = this.#child.stderr as Readable
    stderr.setEncoding('utf8').on('data', (text: string) => {
      this.#stderr = (this.#stderr + text).slice(-MAX_STDERR)
    })
    const death = await new Promise<WorkerExit>((resolve) => {
      this.#child.once('close', (code, signal) => resolve(describeExit(code, signal, this.#stderr)))
    })
    this.#endStartWatch()
    this.#resolveUp(death)
    if (this.#isUp) this.#events.onDeath(death)
    this.#status.close()
  }

  #onFrame(message: ReturnType<typeof unpackToHost>): void {
    switch (message.type) {
      case 'up':
        this.#isUp = true
        this.#endStartWatch()
        // From now on it does not keep the host process alive: an execution that waits holds its own timer.
        for (const handle of [this.#child, ...this.#streams]) handle.unref()
        return this.#resolveUp(undefined)
      case 'unavailable':
        return this.#giveUp({ detail: message.detail })
      default:
        this.#events.onMessage(message as FromWorker)
    }
  }
}

function createStatusFile(): StatusFile {
  try {
    return StatusFile.create()
  } catch (error) {
    throw unavailableBy('A temporary file could not be created', error)
  }
}
