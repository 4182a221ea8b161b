import type { CodeMode, FoundTools, Style } from '@glovebox/core'
import type { ServerOptions } from '../configured-servers.ts'
import { EXIT, type ExitCode } from '../exit-codes.ts'
import { Reporter, safe } from '../reporter.ts'
import { withCodeMode } from '../session.ts'
import type { ShapeOptions } from '../shape-file.ts'

/** Options of `glovebox types`. */
export interface TypesOptions extends ServerOptions, ShapeOptions {
  readonly style: Style
  readonly maxTokens?: number
  /** Words that say what a tool does. Prints the tools that fit instead of declarations. */
  readonly search?: string
  /** Paths of tools to declare in full. Default: all tools */
  readonly describe?: readonly string[]
}

/** Prints the declarations that a model reads, or what a search finds. Warnings go to standard error. */
export async function types(options: TypesOptions, signal: AbortSignal): Promise<ExitCode> {
  const reporter = new Reporter(process.stderr, false)
  const { style, maxTokens = Number.POSITIVE_INFINITY } = options
  const declarations = { style, maxTokens }
  // No program runs, so use the sandbox that starts fastest.
  return await withCodeMode({ ...options, declarations, sandbox: 'quickjs' }, reporter, signal, async (codeMode) => {
    if (options.search !== undefined) return found(await codeMode.search(options.search, { signal }), reporter)
    return options.describe === undefined ? print(codeMode, reporter) : described(codeMode, options.describe)
  })
}

/** The texts come from servers. */
const write = (text: string): void => {
  process.stdout.write(process.stdout.isTTY ? safe(text) : text)
}

/** Prints the tools that a search found, one per line. */
function found({ items, total, unmatched }: FoundTools, reporter: Reporter): ExitCode {
  for (const { path, signature = '', summary } of items)
    write(`${path}${signature.slice(signature.indexOf('('))}\n${summary === '' ? '' : `  ${summary}\n`}`)
  if (total > items.length) reporter.warning(`${total - items.length} more tools fit: use more words.`)
  if (unmatched.length > 0) reporter.warning(`No tool has these words: ${unmatched.join(', ')}.`)
  if (total === 0) reporter.error('No tool fits. Use other words, or run `glovebox types --style index`.')
  return total === 0 ? EXIT.program : EXIT.ok
}

function described(codeMode: CodeMode, paths: readonly string[]): ExitCode {
  write(codeMode.describe(paths))
  return EXIT.ok
}

function print(codeMode: CodeMode, reporter: Reporter): ExitCode {
  if (codeMode.declarations === '') {
    reporter.error('There are no tools. Name a server with --server, or in mcp.json.')
    return EXIT.usage
  }
  write(codeMode.declarations)
  for (const { tool, side, pointer, message } of codeMode.warnings) {
    reporter.warning(`${tool}, ${side} ${pointer}: ${message}`)
  }
  if (codeMode.omitted.length > 0) reporter.warning(`Left out: ${codeMode.omitted.join(', ')}.`)
  return EXIT.ok
}
