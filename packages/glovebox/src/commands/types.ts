import type { CodeMode, Style } from '@glovebox/core'
import type { ServerOptions } from '../configured-servers.ts'
import { EXIT, type ExitCode } from '../exit-codes.ts'
import { Reporter, safe } from '../reporter.ts'
import { withCodeMode } from '../session.ts'

/** Options of `glovebox types`. */
export interface TypesOptions extends ServerOptions {
  readonly style: Style
  readonly maxTokens?: number
}

/** Prints the declarations that a model reads. Warnings about what they omit go to standard error. */
export async function types(options: TypesOptions, signal: AbortSignal): Promise<ExitCode> {
  const reporter = new Reporter(process.stderr, false)
  const { style, maxTokens } = options
  const declarations = { style, ...(maxTokens === undefined ? {} : { maxTokens }) }
  // No program runs, so use the sandbox that starts fastest.
  return await withCodeMode({ ...options, declarations, sandbox: 'quickjs' }, reporter, signal, async (codeMode) =>
    print(codeMode, reporter),
  )
}

function print(codeMode: CodeMode, reporter: Reporter): ExitCode {
  if (codeMode.declarations === '') {
    reporter.error('There are no tools. Name a server with --server, or in mcp.json.')
    return EXIT.usage
  }
  // The declarations contain texts by the servers.
  process.stdout.write(process.stdout.isTTY ? safe(codeMode.declarations) : codeMode.declarations)
  for (const { tool, side, pointer, message } of codeMode.warnings) {
    reporter.warning(`${tool}, ${side} ${pointer}: ${message}`)
  }
  if (codeMode.omitted.length > 0) reporter.warning(`Left out: ${codeMode.omitted.join(', ')}.`)
  return EXIT.ok
}
