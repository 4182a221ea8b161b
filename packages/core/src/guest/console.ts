import { reflectApply, stringSlice } from '../protocol/intrinsics.ts'
import type { LogLevel } from '../protocol/messages.ts'
import { clock } from './clock.ts'
import { define } from './define.ts'
import { format, inspect } from './inspect.ts'
import { table } from './table.ts'

/** Nesting depth of logged values: deeper than Node's 2, since a model cannot inspect the value again. */
const LOGGED = { depth: 4 }

type Write = (level: LogLevel, text: string, truncated: boolean) => void

/** Console that sends its output to the host. At its size limit, it truncates an entry, marks it and stops. */
export class Console {
  #write: Write
  #left = 0
  #indent = ''
  readonly #counts: Record<string, number> = { __proto__: null } as never
  readonly #timers: Record<string, number> = { __proto__: null } as never

  constructor(write: Write) {
    this.#write = write
  }

  start(logBytes: number): void {
    this.#left = logBytes
  }

  install(): void {
    const label = (value: unknown) => (value === undefined ? 'default' : `${value}`)
    const at =
      (level: LogLevel) =>
      (...values: unknown[]) =>
        this.#emit(level, format(values, LOGGED))
    const elapsed = (name: string) => `${name}: ${clock.now - (this.#timers[name] ?? clock.now)}ms`
    const group = (...values: unknown[]) => {
      if (values.length > 0) this.#emit('log', format(values, LOGGED))
      this.#indent += '  '
    }
    const methods = {
      log: at('log'),
      info: at('info'),
      warn: at('warn'),
      error: at('error'),
      debug: at('debug'),
      trace: (...values: unknown[]) => this.#emit('error', `Trace: ${format(values)}`),
      dir: (value: unknown, options?: object) => this.#emit('log', inspect(value, options)),
      dirxml: at('log'),
      table: (rows: unknown, columns?: readonly string[]) => this.#emit('log', table(rows, columns) ?? format([rows])),
      group,
      groupCollapsed: group,
      groupEnd: () => {
        this.#indent = stringSlice(this.#indent, 2)
      },
      assert: (condition?: unknown, ...values: unknown[]) => {
        if (!condition) this.#emit('error', `Assertion failed${values.length > 0 ? `: ${format(values)}` : ''}`)
      },
      count: (name?: unknown) => {
        const key = label(name)
        const count = (this.#counts[key] ?? 0) + 1
        this.#counts[key] = count
        this.#emit('log', `${key}: ${count}`)
      },
      countReset: (name?: unknown) => {
        delete this.#counts[label(name)]
      },
      time: (name?: unknown) => {
        this.#timers[label(name)] = clock.now
      },
      timeLog: (name?: unknown, ...values: unknown[]) =>
        this.#emit('log', [elapsed(label(name)), ...(values.length > 0 ? [format(values)] : [])].join(' ')),
      timeEnd: (name?: unknown) => {
        this.#emit('log', elapsed(label(name)))
        delete this.#timers[label(name)]
      },
      clear: () => {},
    }
    const console = {}
    for (const name of Object.keys(methods) as (keyof typeof methods)[]) {
      const method = methods[name] as (...values: unknown[]) => void
      // Logging never throws, even if getters or proxy traps of a value do.
      const guarded = (...values: unknown[]) => {
        try {
          reflectApply(method, undefined, values)
        } catch {
          this.#emit('error', 'a value that cannot be shown')
        }
      }
      define(guarded, 'name', name)
      Object.defineProperty(console, name, { value: guarded, writable: true, enumerable: true, configurable: true })
    }
    define(globalThis, 'console', console)
  }

  /** Writes an entry. It counts UTF-16 code units, which take at least one byte each; the host counts exact bytes. */
  #emit(level: LogLevel, text: string): void {
    if (this.#left <= 0) return
    const indented = this.#indent === '' ? text : this.#indent + text.replaceAll('\n', `\n${this.#indent}`)
    // The line break counts, too, so that the number of empty entries is limited.
    const left = this.#left - indented.length - 1
    if (left >= 0) this.#write(level, indented, false)
    else this.#write(level, stringSlice(indented, 0, this.#left), true)
    this.#left = left
  }
}
