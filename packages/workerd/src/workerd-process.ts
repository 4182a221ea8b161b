import type { ChildProcess, SpawnOptions } from 'node:child_process'
import { cpSync, mkdtempSync, rmdirSync, unlinkSync, writeFileSync } from 'node:fs'
import { request } from 'node:http'
import type { Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import {
  describeExit,
  entryFile,
  guestEnvironment,
  residentBytesOf,
  shortageOf,
  spawnWatchedChild,
  unavailableBy,
  watchStart,
} from '@glovebox/adapter-node'
import type { GuestRuntime, WorkerExit } from '@glovebox/core/adapter'
import { workerdConfig } from './config.ts'
import { unavailable } from './library.ts'

const SUPERVISOR = {
  beside: './glovebox-supervisor.js',
  specifier: '@glovebox/workerd/supervisor',
  from: import.meta.url,
}
const MAX_ATTEMPTS = 20
const MAX_STDERR = 8_192
const CONTROL = 3
const SOCKET = 'socket'
const SUPERVISOR_COPY = 'supervisor.js'
const CONFIG = 'config.capnp'
/** Time in milliseconds within which the exit of a process is known, if no request can be sent to it. */
const END_KNOWN_MS = 500

/** One workerd process, with its own folder that contains its socket. */
export class WorkerdProcess {
  readonly socketPath: string
  /** Resolves with the reason why the process ended. Never rejects. */
  readonly dead: Promise<WorkerExit>
  readonly #folder: string
  readonly #child: ChildProcess
  #stderr = ''

  private constructor(folder: string, child: ChildProcess) {
    this.#folder = folder
    this.socketPath = join(folder, SOCKET)
    this.#child = child
    this.dead = this.#listen()
  }

  /**
   * Starts a process and gives it the runtime.
   *
   * @throws `SandboxError` `SANDBOX_UNAVAILABLE`; the signal's reason
   */
  static async start(executable: string, runtime: GuestRuntime, signal: AbortSignal): Promise<WorkerdProcess> {
    for (let attempt = 1; ; attempt++) {
      signal.throwIfAborted()
      const started = await WorkerdProcess.#spawn(executable)
      const kill = () => void started.kill()
      signal.addEventListener('abort', kill, { once: true })
      const failure = await started.#boot(runtime)
      signal.removeEventListener('abort', kill)
      if (failure === undefined) return started
      const isBlameless = failure.isSystemOutOfMemory === true || shortageOf(failure.detail) !== undefined
      if (isBlameless) throw unavailableBy('workerd could not be started', failure.detail)
      // It was killed from outside before it was ready: another start may succeed.
      if (failure.isForeign !== true || attempt === MAX_ATTEMPTS) {
        throw unavailable(`workerd does not run on ${process.platform} ${process.arch} (${failure.detail})`)
      }
    }
  }

  static async #spawn(executable: string): Promise<WorkerdProcess> {
    const folder = createFolder()
    const args = [
      'serve',
      '--experimental',
      `--control-fd=${CONTROL}`,
      `--socket-addr=host=unix:${join(folder, SOCKET)}`,
      join(folder, CONFIG),
    ]
    try {
      const options: SpawnOptions = {
        cwd: folder,
        env: guestEnvironment(),
        stdio: ['ignore', 'ignore', 'pipe', 'pipe'],
        windowsHide: true,
      }
      const child = await spawnWatchedChild(executable, args, options, folder)
      return new WorkerdProcess(folder, child)
    } catch (error) {
      removeFolder(folder)
      throw error
    }
  }

  get pid(): number | undefined {
    return this.#child.pid
  }

  residentBytes(): number | undefined {
    return residentBytesOf(this.#child.pid)
  }

  /** Returns whether the process answers a request. A busy process answers later, or ends. */
  async isAlive(): Promise<boolean> {
    try {
      await this.#put('')
      return true
    } catch (error) {
      if (shortageOf(error) === undefined) return false
      return await Promise.race([this.dead.then(() => false), sleep(END_KNOWN_MS, true)])
    }
  }

  async kill(): Promise<void> {
    this.#child.kill('SIGKILL')
    // The host process stays alive until the end that the caller waits for.
    for (const handle of [this.#child, ...this.#streams]) handle.ref()
    await this.dead
  }

  get #streams(): readonly Socket[] {
    const [, , stderr, control] = this.#child.stdio
    return [stderr, control] as unknown as Socket[]
  }

  /** Resolves when the process is ready, or with the reason why it ended before that. */
  async #boot(runtime: GuestRuntime): Promise<WorkerExit | undefined> {
    let failure: WorkerExit | undefined
    const giveUp = (reason: WorkerExit) => {
      failure ??= reason
      this.#child.kill('SIGKILL')
    }
    const endWatch = watchStart(this.#child.pid, giveUp)
    const up = this.#up(runtime).catch((error: Error) => {
      // The exit of the process gives the reason, unless the host cannot connect because of a shortage.
      if (shortageOf(error) !== undefined) giveUp({ detail: error.message })
      return this.dead
    })
    try {
      const death = await Promise.race([this.dead, up])
      return death === undefined ? undefined : (failure ?? death)
    } finally {
      endWatch()
      // From now on it does not keep the host process alive: an execution that waits holds its own timer.
      for (const handle of [this.#child, ...this.#streams]) handle.unref()
    }
  }

  async #up(runtime: GuestRuntime): Promise<undefined> {
    const control = this.#child.stdio[CONTROL] as Readable
    await new Promise<void>((resolve) => {
      // The first line reports that it is listening.
      control.on('data', () => resolve())
    })
    await this.#put(JSON.stringify(runtime))
    return undefined
  }

  #put(body: string): Promise<void> {
    const options = { socketPath: this.socketPath, method: 'PUT', headers: { connection: 'close' } }
    return new Promise((resolve, reject) => {
      const sent = request(options, (response) => response.resume().once('end', resolve).once('error', reject))
      sent.once('error', reject)
      sent.end(body)
    })
  }

  async #listen(): Promise<WorkerExit> {
    const stderr = this.#child.stderr as Readable
    stderr.setEncoding('utf8').on('data', (text: string) => {
      this.#stderr = (this.#stderr + text).slice(-MAX_STDERR)
    })
    const death = await new Promise<WorkerExit>((resolve) => {
      this.#child.once('exit', (code, signal) => {
        // The last output may still be arriving.
        setImmediate(() => resolve(describeExit(code, signal, this.#stderr)))
      })
    })
    removeFolder(this.#folder)
    return death
  }
}

function createFolder(): string {
  const supervisor = entryFile(SUPERVISOR)
  let folder: string | undefined
  try {
    // `mkdtemp` creates it with access for this user only.
    folder = mkdtempSync(join(tmpdir(), 'glovebox-workerd-'))
    cpSync(supervisor, join(folder, SUPERVISOR_COPY))
    writeFileSync(join(folder, CONFIG), workerdConfig(SUPERVISOR_COPY))
    return folder
  } catch (error) {
    if (folder !== undefined) removeFolder(folder)
    throw unavailableBy('A temporary folder could not be created', error)
  }
}

/** Removes the folder file by file, because listing it would need a descriptor, and none may be left. */
function removeFolder(folder: string): void {
  for (const file of [SOCKET, SUPERVISOR_COPY, CONFIG]) attempt(() => unlinkSync(join(folder, file)))
  attempt(() => rmdirSync(folder))
}

/** Ignores failures: the watch also removes the folder, and so may a cleaner of temporary files. */
function attempt(remove: () => void): void {
  try {
    remove()
  } catch {
    // The file was not created, or is already removed.
  }
}
