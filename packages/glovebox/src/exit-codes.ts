import type { ExecutionErrorCode } from '@glovebox/core'

/** What the command tells its caller. `--help` lists them. */
export const EXIT = { ok: 0, program: 1, usage: 2, limit: 3, server: 4, sandbox: 5, interrupted: 130 } as const
export type ExitCode = (typeof EXIT)[keyof typeof EXIT]

export const EXIT_HELP = `Exit codes:
  0    the program returned
  1    the program failed: it cannot be read, it threw, or it waits for ever
  2    wrong usage, or a file or configuration that cannot be read
  3    the program reached a limit
  4    an MCP server could not be started or reached
  5    the sandbox failed
  130  interrupted`

export function exitCodeOf(code: ExecutionErrorCode): ExitCode {
  if (code.startsWith('LIMIT_')) return EXIT.limit
  return code === 'SANDBOX_CRASHED' || code === 'PROTOCOL_VIOLATION' ? EXIT.sandbox : EXIT.program
}

/** A mistake of whoever called the command, with what to do about it. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}
