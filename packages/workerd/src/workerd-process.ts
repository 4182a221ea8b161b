import { type ChildProcess, spawn } from 'node:child_process'
import { cpSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { request } from 'node:http'
import type { Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { type CarrierDeath, type GuestRuntime, SandboxError } from '@glovebox/core/adapter'
import { describeDeath, entryFile, residentBytesOf } from '@glovebox/node'
import { workerdConfig } from './config.ts'
import { unavailable } from './library.ts'

const SUPERVISOR = { beside: './supervisor.js', specifier: '@glovebox/workerd/supervisor', from: import.meta.url }
/** workerd is up within 0.1 s, and within a few on a machine that does much else. */
const START_MS = 30_000
const MAX_ATTEMPTS = 20
const MAX_STDERR = 8_192
const CONTROL = 3
const SHELL = '/bin/sh'

/**
 * Becomes workerd, after leaving a watch behind that waits for the end of the host, and of nothing else: then it ends
 * workerd, which would live on, and removes its folder.
 */
const WATCHED = `exec 4<&0
(read -r _; kill -9 $$; rm -rf "$0") <&4 >/dev/null 2>&1 3>&- &
exec "$@" </dev/null 4<&-`

/** One workerd, with a folder of its own that holds its socket. */
export class WorkerdProcess {
  readonly socketPath: string
  /** Why it is no more. Never rejects. */
  readonly dead: Promise<CarrierDeath>
  readonly #folder: string
  readonly #child: ChildProcess
  #stderr = ''

  private constructor(executable: string) {
    this.#folder = createFolder()
    this.socketPath = join(this.#folder, 'socket')
    const command = [
      executable,
      'serve',
      '--experimental',
      `--control-fd=${CONTROL}`,
      `--socket-addr=host=unix:${this.socketPath}`,
      join(this.#folder, 'config.capnp'),
    ]
    const isWatched = existsSync(SHELL)
    const [program, ...args] = isWatched ? [SHELL, '-c', WATCHED, this.#folder, ...command] : command
    this.#child = spawn(program as string, args, {
      cwd: this.#folder,
      env: process.platform === 'win32' ? { SYSTEMROOT: process.env.SYSTEMROOT } : {},
      stdio: ['pipe', 'ignore', 'pipe', 'pipe'],
      windowsHide: true,
    })
    this.dead = this.#listen()
  }

  /** @throws `SandboxError` `SANDBOX_UNAVAILABLE` */
  static async start(executable: string, runtime: GuestRuntime): Promise<WorkerdProcess> {
    for (let attempt = 1; ; attempt++) {
      const started = new WorkerdProcess(executable)
      const failure = await started.#boot(runtime)
      if (failure === undefined) return started
      // Killed by somebody before it was up: another may live.
      if (failure.isForeign !== true || attempt === MAX_ATTEMPTS) {
        throw unavailable(`workerd does not run on ${process.platform} ${process.arch} (${failure.detail})`)
      }
    }
  }

  get pid(): number | undefined {
    return this.#child.pid
  }

  residentBytes(): number | undefined {
    return residentBytesOf(this.#child.pid)
  }

  /** Asks it. One that is held up answers when it is free, or ends. */
  isAlive(): Promise<boolean> {
    return this.#put('').then(
      () => true,
      () => false,
    )
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
  async #boot(runtime: GuestRuntime): Promise<CarrierDeath | undefined> {
    let isLate = false
    const timer = setTimeout(() => {
      isLate = true
      this.#child.kill('SIGKILL')
    }, START_MS)
    try {
      // What keeps it from coming up, its death tells.
      const failure = await Promise.race([this.dead, this.#up(runtime).catch(() => this.dead)])
      return isLate ? { detail: `it did not start within ${START_MS} ms` } : failure
    } finally {
      clearTimeout(timer)
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

  async #listen(): Promise<CarrierDeath> {
    const stderr = this.#child.stderr as Readable
    stderr.setEncoding('utf8').on('data', (text: string) => {
      this.#stderr = (this.#stderr + text).slice(-MAX_STDERR)
    })
    for (const stream of this.#streams) stream.on('error', () => {})
    const death = await new Promise<CarrierDeath>((resolve) => {
      this.#child.once('error', (error) => resolve({ detail: error.message }))
      this.#child.once('exit', (code, signal) => {
        this.#child.stdin?.destroy()
        // What it said last may still be on its way.
        setImmediate(() => resolve(describeDeath(code, signal, this.#stderr)))
      })
    })
    rmSync(this.#folder, { recursive: true, force: true })
    return death
  }
}

function createFolder(): string {
  const supervisor = entryFile(SUPERVISOR)
  try {
    // Nobody else may enter it.
    const folder = mkdtempSync(join(tmpdir(), 'glovebox-workerd-'))
    cpSync(supervisor, join(folder, 'supervisor.js'))
    writeFileSync(join(folder, 'config.capnp'), workerdConfig('supervisor.js'))
    return folder
  } catch (error) {
    throw new SandboxError(
      'SANDBOX_UNAVAILABLE',
      `A temporary folder is needed, and could not be made: ${(error as Error).message}`,
      { cause: error },
    )
  }
}
