#!/usr/bin/env node
import { readFileSync } from 'node:fs'
import { redactSecrets, SandboxError, STYLES } from '@glovebox/core'
import { McpError } from '@glovebox/mcp'
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander'
import { type DoctorOptions, doctor } from './commands/doctor.ts'
import { type RunOptions, run } from './commands/run.ts'
import { type TypesOptions, types } from './commands/types.ts'
import { EXIT, EXIT_HELP, type ExitCode, UsageError } from './exit-codes.ts'
import { parseLimit } from './limit-option.ts'
import { Reporter } from './reporter.ts'
import { BACKENDS } from './sandboxes.ts'

const interrupt = new AbortController()
let exitCode: ExitCode = EXIT.ok

const append = (value: string, values: readonly string[] = []): string[] => [...values, value]

function parseCount(text: string): number {
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text)
  throw new InvalidArgumentError('It must be a whole number above 0.')
}

function withServers(command: Command): Command {
  return command
    .option('-c, --config <file>', 'MCP servers, as `mcpServers` in JSON (default: mcp.json or .mcp.json here)')
    .option('-s, --server <name=command>', 'an MCP server, as name=command or name=https://… (repeatable)', append)
}

const manifest = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
  readonly version: string
  readonly engines: { readonly node: string }
}

/** Older versions fail in ways that tell nobody why. */
function refuseOldNode(): void {
  const oldest = manifest.engines.node.replace('>=', '')
  if (oldest.localeCompare(process.versions.node, 'en', { numeric: true }) <= 0) return
  console.error(`glovebox needs Node ${oldest} or newer; this is ${process.versions.node}.`)
  process.exit(EXIT.sandbox)
}

const program = new Command('glovebox')
  .description('Runs programs that call tools, in a sealed sandbox.')
  .version(manifest.version)
  .exitOverride()
  // An argument that was meant for a server, and is not quoted, is repeated as an unknown option.
  .configureOutput({ outputError: (text, write) => write(redactSecrets(text)) })
  .addHelpText('after', `\n${EXIT_HELP}`)

withServers(program.command('run').argument('<file>', 'the program, or - for standard input'))
  .description('Run a program and print its value.')
  .option('-l, --limit <name=value>', 'such as wallTimeMs=5s or memoryBytes=128MiB (repeatable)', parseLimit)
  .addOption(
    new Option('--sandbox <name>', 'where the program runs (default: the strongest that runs here)').choices(BACKENDS),
  )
  .option('--json', 'print the whole result as one line of JSON')
  .option('-q, --quiet', 'show no calls and no console output')
  .addHelpText(
    'after',
    `
Examples:
  glovebox run report.ts --server "files=npx -y @modelcontextprotocol/server-filesystem ."
  echo 'return await files.listDirectory({ path: "." })' | glovebox run - --config mcp.json --json

${EXIT_HELP}`,
  )
  .action(async (file: string, options: RunOptions) => {
    exitCode = await run(file, options, interrupt.signal)
  })

withServers(program.command('types'))
  .description('Print the TypeScript declarations of the tools, as a model reads them.')
  .addOption(new Option('--style <style>', 'how much to say').choices(STYLES).default('full'))
  .option('--max-tokens <number>', 'say less, and at last of fewer tools, until it takes no more', parseCount)
  .addHelpText(
    'after',
    '\nExample:\n  glovebox types --server "files=npx -y @modelcontextprotocol/server-filesystem ." > files.d.ts',
  )
  .action(async (options: TypesOptions) => {
    exitCode = await types(options, interrupt.signal)
  })

program
  .command('doctor')
  .description('Tell of each sandbox whether it runs here, and if not why.')
  .option('--json', 'print it as one line of JSON')
  .addHelpText('after', '\nExample:\n  glovebox doctor')
  .action(async (options: DoctorOptions) => {
    // It waits for nothing that would have to be ended in order.
    interrupt.signal.addEventListener('abort', () => process.exit(EXIT.interrupted))
    exitCode = await doctor(options)
  })

function exitCodeOfError(error: unknown): ExitCode {
  if (interrupt.signal.aborted) return EXIT.interrupted
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage
  const reporter = new Reporter(process.stderr, false)
  if (error instanceof UsageError || error instanceof TypeError) {
    reporter.error(error.message)
    return EXIT.usage
  }
  reporter.error(error instanceof Error ? error.message : String(error))
  if (error instanceof McpError) return EXIT.server
  if (error instanceof SandboxError && error.code === 'GUARANTEE_NOT_MET') return EXIT.usage
  if (!(error instanceof SandboxError) && error instanceof Error && error.stack) {
    console.error(redactSecrets(error.stack))
  }
  return EXIT.sandbox
}

// Whoever read this has seen enough, as `head` has: no reason to fail, nor to stop before everything is closed in order.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error
  })
}
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  // Once to end in order; a second time the default, which ends at once.
  process.once(signal, () => interrupt.abort(new Error(`Interrupted by ${signal}`)))
}
refuseOldNode()
try {
  await program.parseAsync()
} catch (error) {
  exitCode = exitCodeOfError(error)
}
process.exitCode = exitCode
