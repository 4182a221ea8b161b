import { stripVTControlCharacters, styleText } from 'node:util'
import { type ExecuteResult, type ExecutionError, type ExecutionEvent, redactSecrets } from '@glovebox/core'

type Style = Parameters<typeof styleText>[0]

/** Prints events, warnings and errors to standard error, with colours only in a terminal. */
export class Reporter {
  readonly #stream: NodeJS.WriteStream
  readonly #isQuiet: boolean

  constructor(stream: NodeJS.WriteStream, isQuiet: boolean) {
    this.#stream = stream
    this.#isQuiet = isQuiet
  }

  /** Prints a step that takes a while, only in a terminal. */
  progress(text: string): void {
    if (!this.#isQuiet && this.#stream.isTTY) this.#write(this.#style('dim', text))
  }

  /** Prints a remark. */
  note(text: string): void {
    this.#write(text)
  }

  /** Prints a warning. `message` may quote text by a server. */
  warning(message: string): void {
    if (!this.#isQuiet) this.#write(`${this.#style('yellow', 'warning')} ${safe(message)}`)
  }

  readonly event = (event: ExecutionEvent): void => {
    if (this.#isQuiet) return
    switch (event.type) {
      case 'log':
        return this.#write(this.#style(LEVEL_STYLES[event.level], safe(event.text)))
      case 'tool-call-start':
        return this.#write(this.#style('dim', `→ ${safe(event.tool)}`))
      case 'tool-call-end': {
        const time = `${event.durationMs.toFixed(0)} ms`
        if (event.outcome === 'waiting') return this.#write(this.#style('cyan', `… ${safe(event.tool)} waits`))
        if (event.outcome === 'returned') {
          this.#write(this.#style('dim', `✓ ${safe(event.tool)} ${time}`))
          if (event.warning !== undefined) this.#write(this.#style('yellow', `  ${safe(event.warning)}`))
          return
        }
        const why = event.code === undefined ? event.outcome : `${event.outcome}: ${event.code}`
        return this.#write(this.#style('yellow', `✗ ${safe(event.tool)} ${time} ${why}`))
      }
      default:
        event satisfies never
    }
  }

  failure({ code, name, message, stack }: ExecutionError): void {
    const place = stack === undefined ? '' : `\n${safe(stack).replace(/^/gm, '    ')}`
    this.#write(`${this.#style('red', code)} ${safe(`${name}: ${message}`)}${this.#style('dim', place)}`)
  }

  /** Prints what a suspended run waits for, and the commands to resume it. */
  suspension(
    { run, pending }: Extract<ExecuteResult, { status: 'suspended' }>,
    store: string | true | undefined,
  ): void {
    const tools = pending.map(({ call, tool }) => `call ${call} of ${tool}`).join(', ')
    this.#write(
      `${this.#style('cyan', 'waiting')} ${safe(tools === '' ? 'for a timer' : `for a decision on ${tools}`)}`,
    )
    const where = storeFlag(store)
    this.#write(`  glovebox runs show ${run}${where}\n  glovebox resume ${run}${where}`)
  }

  /** Prints an error. `message` may quote text by a server or by the caller. */
  error(message: string): void {
    this.#write(`${this.#style('red', 'error')} ${safe(redactSecrets(message))}`)
  }

  #style(style: Style, text: string): string {
    return text === '' ? '' : styleText(style, text, { stream: this.#stream })
  }

  #write(text: string): void {
    this.#stream.write(`${text}\n`)
  }
}

/** Returns the option that selects the file of the runs, for commands that are shown. */
export const storeFlag = (store: string | true | undefined): string =>
  typeof store === 'string' ? ` --store ${/^[\w./-]+$/.test(store) ? store : JSON.stringify(safe(store))}` : ''

const LEVEL_STYLES = { debug: 'dim', info: 'reset', log: 'reset', warn: 'yellow', error: 'red' } as const

/** Removes control characters from text by programs and servers, which could otherwise control the terminal. */
export function safe(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: removing them is the purpose
  return stripVTControlCharacters(text).replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g, '')
}
