import { createInterface } from 'node:readline/promises'
import { inspect, styleText } from 'node:util'
import type { ApprovalRequest, Decision } from '@glovebox/core'
import { furtherEffects } from '@glovebox/core/framework'
import { safe } from './reporter.ts'

/** Maximum length of a text in an input that is shown. */
const MAX_SHOWN_TEXT = 2_000

/**
 * Creates a function that asks the user of a terminal whether a tool call may run. Several requests are asked one after
 * the other.
 *
 * @param program text of the program, which the user can ask for
 */
export function createTerminalApproval(
  program: string,
  input: NodeJS.ReadStream,
  output: NodeJS.WriteStream,
): (request: ApprovalRequest) => Promise<Decision> {
  if (!input.isTTY || !output.isTTY)
    return async () => ({ deny: 'it needs approval, and there is no terminal to ask on' })
  let last: Promise<unknown> = Promise.resolve()
  return (request) => {
    const asked = last.then(() => ask(request, program, input, output))
    last = asked.catch(() => {})
    return asked
  }
}

async function ask(
  request: ApprovalRequest,
  program: string,
  input: NodeJS.ReadStream,
  output: NodeJS.WriteStream,
): Promise<Decision> {
  const { tool, reasons, signal } = request
  signal.throwIfAborted()
  const style = (format: Parameters<typeof styleText>[0], text: string) => styleText(format, text, { stream: output })
  const why = reasons.length === 0 ? '' : ` (${reasons.join('; ')})`
  output.write(`${style('yellow', '?')} ${style('bold', safe(tool))}${safe(why)}\n${shownInput(request.input)}\n`)
  const further = request.program && furtherEffects(request.program, tool)
  if (further !== undefined) output.write(`  ${style('dim', safe(further))}\n`)
  const terminal = createInterface({ input, output })
  // Ctrl-C ends the command, as anywhere else in it.
  terminal.once('SIGINT', () => process.kill(process.pid, 'SIGINT'))
  const closed = new Promise<'no'>((resolve) => terminal.once('close', () => resolve('no')))
  try {
    for (;;) {
      const answered = terminal.question('  Allow this call? [y]es, [n]o, [p]rogram: ', { signal })
      switch ((await Promise.race([answered, closed])).trim().toLowerCase()) {
        case 'y':
        case 'yes':
          return 'allow'
        case 'n':
        case 'no':
          return { deny: 'the user did not approve it' }
        case 'p':
        case 'program':
          output.write(`${safe(program).replace(/^/gm, '    ')}\n`)
      }
    }
  } finally {
    terminal.close()
  }
}

/** Returns an input as indented text for a terminal. */
export function shownInput(input: unknown): string {
  const text = inspect(input, { depth: 8, maxStringLength: MAX_SHOWN_TEXT, maxArrayLength: 100 })
  return safe(text).replace(/^/gm, '  ')
}
