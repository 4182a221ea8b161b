import type { CodeMode, Style } from '@glovebox/core'
import { EXIT, type ExitCode } from '../exit-codes.ts'
import { Reporter, safe } from '../reporter.ts'
import { type ServerOptions, withCodeMode } from '../session.ts'

export interface TypesOptions extends ServerOptions {
  readonly style: Style
  readonly maxTokens?: number
}

/** Prints the TypeScript that the model would read; what that does not say goes to standard error. */
export async function types(options: TypesOptions, signal: AbortSignal): Promise<ExitCode> {
  const reporter = new Reporter(process.stderr, false)
  const { style, maxTokens } = options
  const declarations = { style, ...(maxTokens === undefined ? {} : { maxTokens }) }
  // Nothing runs, so what starts soonest will do.
  return await withCodeMode({ ...options, declarations, sandbox: 'quickjs' }, reporter, signal, async (codeMode) =>
    print(codeMode, reporter),
  )
}

function print(codeMode: CodeMode, reporter: Reporter): ExitCode {
  if (codeMode.declarations === '') {
    reporter.error('There are no tools. Name a server with --server, or in mcp.json.')
    return EXIT.usage
  }
  // They hold the servers' own descriptions.
  process.stdout.write(process.stdout.isTTY ? safe(codeMode.declarations) : codeMode.declarations)
  for (const { tool, side, pointer, message } of codeMode.warnings) {
    reporter.warning(`${tool}, ${side} ${pointer}: ${message}`)
  }
  if (codeMode.omitted.length > 0) reporter.warning(`Left out: ${codeMode.omitted.join(', ')}.`)
  return EXIT.ok
}
