import type { ChildProcess } from 'node:child_process'
import { cpSync, mkdtempSync, rmdirSync, unlinkSync, writeFileSync } from 'node:fs'
import { request } from 'node:http'
import type { Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import {
  describeDeath,
  entryFile,
  guestEnvironment,
  residentBytesOf,
  shortageOf,
  spawnChild,
  unavailableBy,
  watchedCommand,
  watchStart,
} from '@glovebox/adapter-node'
import type { GuestRuntime, WorkerExit } from '@glovebox/core/adapter'
import { workerdConfig } from './config.ts'
import { unavailable } from './library.ts'

const SUPERVISOR = { beside: './supervisor.js', specifier: '@glovebox/workerd/supervisor', from: import.meta.url }
const MAX_ATTEMPTS = 20
const MAX_STDERR = 8_192
const CONTROL = 3
const SOCKET = 'socket'
const SUPERVISOR_COPY = 'supervisor.js'
const CONFIG = 'config.capnp'
/** Within this the end of a process is known that cannot be asked. */
const END_KNOWN_MS = 500

/** One workerd, with a folder of its own that holds its socket. */
export class WorkerdProcess {
  readonly socketPath: string
  /** Why it is no more. Never rejects. */
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

  /** @throws `SandboxError` `SANDBOX_UNAVAILABLE`; the signal's reason */
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
      // Killed by somebody before it was up: another may live.
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
    const [program, watchedArgs] = watchedCommand(executable, args, folder)
    try {
      const child = await spawnChild(program, watchedArgs, {
        cwd: folder,
        env: guestEnvironment(),
        stdio: ['pipe', 'ignore', 'pipe', 'pipe'],
        windowsHide: true,
      })
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

  /** Asks it. One that is held up answers when it is free, or ends. */
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
    // Whoever waits for its end is not to end before.
    for (const handle of [this.#child, ...this.#streams]) handle.ref()
    await this.dead
  }

  get #streams(): readonly Socket[] {
    const [stdin, , stderr, control] = this.#child.stdio
    return [stdin, stderr, control] as unknown as Socket[]
  }

  /** Its death, if it never was. */
  async #boot(runtime: GuestRuntime): Promise<WorkerExit | undefined> {
    let failure: WorkerExit | undefined
    const giveUp = (reason: WorkerExit) => {
      failure ??= reason
      this.#child.kill('SIGKILL')
    }
    const endWatch = watchStart(this.#child.pid, giveUp)
    const up = this.#up(runtime).catch((error: Error) => {
      // What keeps it from coming up, its death tells, unless it is the host that cannot connect to it.
      if (shortageOf(error) !== undefined) giveUp({ detail: error.message })
      return this.dead
    })
    try {
      const death = await Promise.race([this.dead, up])
      return death === undefined ? undefined : (failure ?? death)
    } finally {
      endWatch()
      // From now on it keeps nobody's process alive: an execution that waits holds a timer of its own.
      for (const handle of [this.#child, ...this.#streams]) handle.unref()
    }
  }

  async #up(runtime: GuestRuntime): Promise<undefined> {
    const control = this.#child.stdio[CONTROL] as Readable
    await new Promise<void>((resolve) => {
      // Its first line says where it listens.
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
        this.#child.stdin?.destroy()
        // What it said last may still be on its way.
        setImmediate(() => resolve(describeDeath(code, signal, this.#stderr)))
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
    // Nobody else may enter it.
    folder = mkdtempSync(join(tmpdir(), 'glovebox-workerd-'))
    cpSync(supervisor, join(folder, SUPERVISOR_COPY))
    writeFileSync(join(folder, CONFIG), workerdConfig(SUPERVISOR_COPY))
    return folder
  } catch (error) {
    if (folder !== undefined) removeFolder(folder)
    throw unavailableBy('A temporary folder is needed, and could not be made', error)
  }
}

/** File by file: to list a folder takes a descriptor, which may be what is missing. */
function removeFolder(folder: string): void {
  for (const file of [SOCKET, SUPERVISOR_COPY, CONFIG]) attempt(() => unlinkSync(join(folder, file)))
  attempt(() => rmdirSync(folder))
}

/** The watch removes the folder as well, and so may a cleaner of temporary files: a failure to remove it is ignored. */
function attempt(remove: () => void): void {
  try {
    remove()
  } catch {
    // It was not made, or is gone.
  }
}
