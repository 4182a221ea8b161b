import type { LogLevel } from '../protocol/messages.ts'
import { utf8Bytes } from '../protocol/size.ts'
import type { LogEntry } from './events.ts'
import type { LogLineEntry } from './run-log.ts'

/** The log of one execution. The guest limits its log itself; this applies the same limit to a tampered guest. */
export class Log {
  readonly entries: LogEntry[] = []
  readonly #limit: number
  #emit: (entry: LogEntry) => void
  #left: number

  /** @param recorded messages of a run to resume, which are not emitted again. Default: none */
  constructor(limit: number, emit: (entry: LogEntry) => void, recorded: readonly LogLineEntry[] = []) {
    this.#limit = limit
    this.#left = limit
    this.#emit = () => {}
    for (const { level, text, timeMs, truncated } of recorded) this.add(level, text, timeMs, truncated === true)
    this.#emit = emit
  }

  /** Adds an entry. Returns false if the log is full. */
  add(level: LogLevel, text: string, timeMs: number, truncated: boolean): boolean {
    if (this.#left <= 0) return false
    const bytes = utf8Bytes(text) + 1
    const fits = bytes <= this.#left && !truncated
    this.#write({ level, text: bytes <= this.#left ? text : text.slice(0, Math.floor(this.#left / 3)), timeMs })
    this.#left -= bytes
    if (fits && this.#left > 0) return true
    this.#left = 0
    this.#write({ level: 'warn', text: `[the log is cut here: it reached its limit of ${this.#limit} bytes]`, timeMs })
    return true
  }

  #write(entry: LogEntry): void {
    this.entries.push(entry)
    this.#emit(entry)
  }
}
