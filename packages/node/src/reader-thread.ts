import { Worker } from 'node:worker_threads'
import type { PreparedProgram } from '@glovebox/core/adapter'
import { ProgramSyntaxError, TOO_DEEP } from '@glovebox/core/program'
import { entryFile } from './entry-file.ts'

const READER = { beside: './reader.js', specifier: '@glovebox/node/reader', from: import.meta.url }

export type FromReader =
  | { readonly program: PreparedProgram }
  | { readonly mistake: string; readonly line: number; readonly column: number }

/** The host's end of a thread that reads one program at a time. */
export class ReaderThread {
  readonly #worker: Worker
  #isDead = false

  constructor() {
    this.#worker = new Worker(entryFile(READER), {
      env: {},
      execArgv: [],
      name: 'glovebox-reader',
    })
    // Between two programs it has nobody to tell.
    this.#worker.on('error', () => {})
    this.#worker.once('exit', () => {
      this.#isDead = true
    })
    this.#worker.unref()
  }

  get isDead(): boolean {
    return this.#isDead
  }

  /** @throws `ProgramSyntaxError`; the signal's reason, and then the thread is ended */
  async read(text: string, signal: AbortSignal): Promise<PreparedProgram> {
    const settled = new AbortController()
    try {
      return await new Promise((resolve, reject) => {
        const listen = (event: string, listener: (message: FromReader) => void) => {
          this.#worker.once(event, listener)
          settled.signal.addEventListener('abort', () => this.#worker.off(event, listener))
        }
        listen('message', (message) => {
          if ('program' in message) resolve(message.program)
          else reject(new ProgramSyntaxError(message.mistake, message))
        })
        // The parser broke: it overflowed its stack or its memory.
        listen('exit', () => reject(new ProgramSyntaxError(TOO_DEEP, { line: 1, column: 1 })))
        signal.addEventListener('abort', () => reject(signal.reason), { signal: settled.signal })
        if (signal.aborted) reject(signal.reason)
        else this.#worker.postMessage(text)
      })
    } catch (error) {
      // Not awaited: what the thread is at, such as compiling a regular expression, may take its time to be ended.
      if (signal.aborted) this.terminate()
      throw error
    } finally {
      settled.abort()
    }
  }

  async terminate(): Promise<void> {
    this.#isDead = true
    await this.#worker.terminate()
  }
}
