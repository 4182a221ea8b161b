import type { ExecutionErrorCode } from '@glovebox/core'

/** Exit codes of the command. `--help` lists them. */
export const EXIT = {
  ok: 0,
  program: 1,
  usage: 2,
  limit: 3,
  server: 4,
  sandbox: 5,
  waiting: 6,
  interrupted: 130,
} as const
export type ExitCode = (typeof EXIT)[keyof typeof EXIT]

export const EXIT_HELP = `Exit codes:
  0    the program returned
  1    the program failed, for example with a syntax error or an exception, or a search found nothing
  2    invalid usage, or a file or configuration that cannot be read
  3    the program reached a limit
  4    an MCP server could not be started or reached
  5    the sandbox or the store of the runs failed
  6    the run waits for a decision or a timer
  130  interrupted`

export function exitCodeOf(code: ExecutionErrorCode): ExitCode {
  if (code.startsWith('LIMIT_')) return EXIT.limit
  if (code === 'RUN_SUSPENDED') return EXIT.waiting
  return code === 'SANDBOX_CRASHED' || code === 'PROTOCOL_VIOLATION' ? EXIT.sandbox : EXIT.program
}

/** Invalid usage of the command. The message states how to correct it. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}
