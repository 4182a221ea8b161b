import { type ChildProcess, fork } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { TypeCheckError, type TypeChecker, type TypedProgram, type TypeMistake } from '@glovebox/core'
import { assertKnownOptions } from '@glovebox/core/framework'
import type { CheckMessage, CheckRequest } from './protocol.ts'

/** Options for {@link typecheck}. */
export interface TypecheckOptions {
  /**
   * Maximum time for one program in milliseconds, without the start of the process that checks. A program that takes longer
   * runs unchecked, and its result has a warning.
   *
   * @default 1_000
   */
  readonly timeoutMs?: number
  /**
   * Maximum memory of the processes that check in bytes. It is watched on Linux; elsewhere, the time bounds it.
   *
   * @default 1_073_741_824, which is 1 GiB
   */
  readonly memoryBytes?: number
  /**
   * Version of TypeScript. Default: 7, and an installed 6 where 7 does not run
   */
  readonly typescript?: 6 | 7
}

/** A type checker with a process of its own. */
export interface Typecheck extends TypeChecker, AsyncDisposable {
  /** Name of the version that checks. Undefined until a program was checked. */
  readonly engine: string | undefined
  /** Ends the process. Idempotent. */
  close(): Promise<void>
}

const OPTIONS = ['timeoutMs', 'memoryBytes', 'typescript']
const TIMEOUT_MS = 1_000
const MEMORY_BYTES = 1024 ** 3
/** Maximum time for the start of the process. */
const START_MS = 30_000
/** Time between two looks at the memory. */
const WATCH_MS = 20
const PAGE_BYTES = 4_096

/**
 * Checks the types of programs with TypeScript, in a process that is kept warm, and is ended and started anew if a program
 * takes too long or too much memory.
 *
 * @example
 * ```ts
 * await using typeChecker = typecheck()
 * await using codeMode = await createCodeMode({ sandbox, tools, typeChecker })
 * ```
 *
 * @throws `TypeError` for invalid options
 */
export function typecheck(options: TypecheckOptions = {}): Typecheck {
  assertKnownOptions('typecheck()', options, OPTIONS)
  for (const name of ['timeoutMs', 'memoryBytes'] as const) {
    const value = options[name]
    if (value !== undefined && !(value > 0 && value < 2 ** 53))
      throw new TypeError(`\`${name}\` must be a positive number`)
  }
  return new Checker(options)
}

/** The process that checks. */
interface Server {
  readonly child: ChildProcess
  readonly engine: string
  readonly pids: readonly number[]
}

class Checker implements Typecheck {
  readonly #options: TypecheckOptions
  #server: Promise<Server> | undefined
  #child: ChildProcess | undefined
  #last: Promise<unknown> = Promise.resolve()
  #ids = 0
  #isClosed = false
  engine: string | undefined

  constructor(options: TypecheckOptions) {
    this.#options = options
    this.#warm()
  }

  async check(program: TypedProgram, { signal }: { readonly signal: AbortSignal }): Promise<readonly TypeMistake[]> {
    signal.throwIfAborted()
    const { timeoutMs = TIMEOUT_MS } = this.#options
    const turn = this.#last
    const checking = (async () => {
      const server = await this.#started()
      const deadline = Date.now() + timeoutMs
      await turn
      return await this.#checkWith(server, program, deadline, signal)
    })()
    this.#last = checking.catch(() => {})
    return await checking
  }

  async close(): Promise<void> {
    this.#isClosed = true
    const child = this.#child
    if (child === undefined) return
    const exited = child.exitCode !== null || child.signalCode !== null ? undefined : exitOf(child)
    child.ref()
    this.#kill()
    await exited
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  /** @throws `TypeCheckError` if no process can be started */
  async #started(): Promise<Server> {
    if (this.#isClosed) throw new TypeCheckError('the type checker is closed')
    const server = await (this.#server ?? this.#warm())
    return server.child.connected ? server : await this.#warm()
  }

  #warm(): Promise<Server> {
    const server = this.#start()
    this.#server = server
    server.catch(() => {
      if (this.#server === server) this.#server = undefined
    })
    return server
  }

  async #start(): Promise<Server> {
    const file = fileURLToPath(new URL('../dist/server.js', import.meta.url))
    const { GOMEMLIMIT: _, ...env } = process.env
    const child = fork(file, [], {
      // A group of its own, which is ended as a whole.
      detached: process.platform !== 'win32',
      execArgv: ['--max-old-space-size=768'],
      env: {
        ...env,
        GOMEMLIMIT: '512MiB',
        ...(this.#options.typescript !== undefined && { GLOVEBOX_TYPESCRIPT: String(this.#options.typescript) }),
      },
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    })
    this.#child = child
    const started = Promise.withResolvers<Server>()
    const fail = (why: string) => started.reject(new TypeCheckError(`the type checker does not start: ${why}`))
    const timer = setTimeout(() => fail(`it was not ready within ${START_MS} ms`), START_MS)
    child.on('error', ({ message }) => fail(message))
    child.once('exit', (code) => fail(`its process ended with code ${code}`))
    child.once('message', (message: CheckMessage) => {
      if (message.type === 'ready') started.resolve({ child, engine: message.engine, pids: message.pids })
    })
    try {
      const server = await started.promise
      this.engine = server.engine
      return server
    } catch (error) {
      kill(child)
      throw error
    } finally {
      clearTimeout(timer)
      // A checker that waits does not keep its host alive.
      child.unref()
      child.channel?.unref()
    }
  }

  async #checkWith(
    { child, pids }: Server,
    program: TypedProgram,
    deadline: number,
    signal: AbortSignal,
  ): Promise<readonly TypeMistake[]> {
    const { timeoutMs = TIMEOUT_MS, memoryBytes = MEMORY_BYTES } = this.#options
    const id = ++this.#ids
    const answer = Promise.withResolvers<readonly TypeMistake[]>()
    const stop = (why: string) => {
      this.#kill()
      answer.reject(new TypeCheckError(why))
    }
    const take = (message: CheckMessage) => {
      if (message.type === 'checked' && message.id === id) answer.resolve(message.mistakes)
      if (message.type === 'failed' && message.id === id) answer.reject(new TypeCheckError(message.message))
    }
    const end = () => answer.reject(new TypeCheckError('the type checker ended'))
    const abort = () => answer.reject(signal.reason)
    const late = setTimeout(() => stop(`they take longer than ${timeoutMs} ms`), Math.max(0, deadline - Date.now()))
    const watch = setInterval(() => {
      if (memoryOf(pids) > memoryBytes) stop(`they take more than ${memoryBytes} bytes`)
    }, WATCH_MS)
    child.on('message', take).once('exit', end)
    signal.addEventListener('abort', abort, { once: true })
    try {
      if (!child.connected) throw new TypeCheckError('the type checker ended')
      child.send({ id, ...program } satisfies CheckRequest, (error) => {
        if (error !== null) end()
      })
      return await answer.promise
    } finally {
      clearTimeout(late)
      clearInterval(watch)
      child.off('message', take).off('exit', end)
      signal.removeEventListener('abort', abort)
    }
  }

  /** Ends the process. The next check starts another one. */
  #kill(): void {
    this.#server = undefined
    if (this.#child !== undefined) kill(this.#child)
  }
}

const exitOf = (child: ChildProcess): Promise<unknown> => new Promise((resolve) => child.once('exit', resolve))

/** Ends a process and its children. */
function kill(child: ChildProcess): void {
  if (child.pid === undefined) return
  try {
    if (process.platform === 'win32') child.kill('SIGKILL')
    else process.kill(-child.pid, 'SIGKILL')
  } catch (error) {
    // It has ended already.
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}

/** Returns the memory of processes in bytes, or 0 where that is not known. */
function memoryOf(pids: readonly number[]): number {
  if (process.platform !== 'linux') return 0
  return pids.reduce((sum, pid) => {
    try {
      return sum + Number(readFileSync(`/proc/${pid}/statm`, 'utf8').split(' ')[1]) * PAGE_BYTES
    } catch {
      // The process has ended.
      return sum
    }
  }, 0)
}
