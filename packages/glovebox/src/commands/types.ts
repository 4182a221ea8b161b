import { EXIT, type ExitCode } from '../exit-codes.ts'
import { Reporter, safe } from '../reporter.ts'
import { type ServerOptions, withCodeMode } from '../session.ts'

/** Prints the TypeScript that the model would read. */
export async function types(options: ServerOptions, signal: AbortSignal): Promise<ExitCode> {
  const reporter = new Reporter(process.stderr, false)
  const declarations = await withCodeMode(options, reporter, signal, async (codeMode) => codeMode.declarations)
  if (declarations === '') {
    reporter.error('There are no tools. Name a server with --server, or in mcp.json.')
    return EXIT.usage
  }
  // They hold the servers' own descriptions.
  process.stdout.write(process.stdout.isTTY ? safe(declarations) : declarations)
  return EXIT.ok
}
