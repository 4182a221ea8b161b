import { createInterface } from 'node:readline/promises'
import { Writable } from 'node:stream'

/** Whether questions can be asked: both standard input and standard error are a terminal. */
export const hasTerminal = (): boolean => process.stdin.isTTY === true && process.stderr.isTTY === true

/**
 * Asks a question on the terminal.
 *
 * @param isSecret whether the answer is not shown
 * @throws the signal's reason
 */
export async function askOnTerminal(question: string, signal: AbortSignal, isSecret = false): Promise<string> {
  // Standard output may be read by another program.
  const output = isSecret ? new Writable({ write: (_chunk, _encoding, done) => done() }) : process.stderr
  const terminal = createInterface({ input: process.stdin, output, terminal: true })
  terminal.once('SIGINT', () => process.kill(process.pid, 'SIGINT'))
  try {
    if (isSecret) process.stderr.write(question)
    return await terminal.question(isSecret ? '' : question, { signal })
  } finally {
    if (isSecret) process.stderr.write('\n')
    terminal.close()
  }
}
