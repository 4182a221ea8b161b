import { readFileSync } from 'node:fs'
import { BACKEND_NAMES } from '@glovebox/backends/load'
import { RUN_STATUSES, RunError, redactSecrets, SandboxError, STYLES } from '@glovebox/core'
import { MCP_HOSTS, McpError } from '@glovebox/mcp'
import { Argument, Command, CommanderError, InvalidArgumentError, Option } from 'commander'
import { authStatus, login, logout } from './commands/auth.ts'
import type { ConnectOptions } from './commands/connect.ts'
import { type DoctorOptions, doctor } from './commands/doctor.ts'
import { type ImportOptions, importServers } from './commands/import.ts'
import type { LearnCommandOptions } from './commands/learn.ts'
import { type ReplayOptions, replayCommand } from './commands/replay.ts'
import { type RunOptions, resume, run } from './commands/run.ts'
import {
  approve,
  type DecideOptions,
  deleteRuns,
  deny,
  type ListOptions,
  listRuns,
  resolveCall,
  type ShowOptions,
  showRun,
} from './commands/runs.ts'
import type { ServeOptions } from './commands/serve.ts'
import { type ServersOptions, servers } from './commands/servers.ts'
import { type TypesOptions, types } from './commands/types.ts'
import type { ServerOptions } from './configured-servers.ts'
import { CONNECTABLE_HOSTS, type ConnectableHost } from './connectable-hosts.ts'
import { EXIT, EXIT_HELP, type ExitCode, UsageError } from './exit-codes.ts'
import { parseLimit } from './limit-option.ts'
import { readProfile } from './profiles.ts'
import { Reporter } from './reporter.ts'

const interrupt = new AbortController()
let exitCode: ExitCode = EXIT.ok

const append = (value: string, values: readonly string[] = []): string[] => [...values, value]

function parseCount(text: string): number {
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text)
  throw new InvalidArgumentError('It must be a whole number above 0.')
}

function withServers(command: Command): Command {
  return command
    .option('-c, --config <file>', 'configuration of an MCP host (default: mcp.json or .mcp.json here)')
    .option('--trust', 'start the servers of mcp.json here without asking, now and until it changes')
    .option('--profile <name>', 'servers, tools and rules of a profile in profiles.json of the data folder')
    .hook('preAction', applyProfile)
    .option('-s, --server <name=command>', 'an MCP server, as name=command or name=https://… (repeatable)', append)
    .option(
      '-H, --header <name=header>',
      'a header for a server with a URL, as name=Authorization: … (repeatable)',
      append,
    )
}

const withShapes = (command: Command): Command =>
  command
    .option('--no-learn', 'do not use or learn the types of results')
    .option('--shapes <file>', 'types of results that a team shares (default: mcp.shapes.json beside mcp.json)')

/** Adds what a profile says to the options of a command. */
async function applyProfile(command: Command): Promise<void> {
  const given = command.opts<{ profile?: string; config?: string } & Partial<Record<string, readonly string[]>>>()
  if (given.profile === undefined) return
  const chosen = await readProfile(given.profile)
  command.setOptionValue('chosen', chosen)
  if (given.config === undefined && chosen.config !== undefined) command.setOptionValue('config', chosen.config)
  for (const list of ['ask', 'deny', 'pass'] as const)
    command.setOptionValue(list, [...(chosen[list] ?? []), ...(given[list] ?? [])])
}

const manifest = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
  readonly version: string
  readonly engines: { readonly node: string }
}

/** Exits with a clear message on older versions, which would fail with an obscure one. */
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
  // An unquoted argument meant for a server appears in the message as an unknown option.
  .configureOutput({ outputError: (text, write) => write(redactSecrets(text)) })
  .addHelpText('after', `\n${EXIT_HELP}`)

const STORE = '--store [file]'

function withExecution(command: Command): Command {
  return withServers(command)
    .option('-l, --limit <name=value>', 'a limit, such as wallTimeMs=5s or memoryBytes=128MiB (repeatable)', parseLimit)
    .addOption(sandboxOption())
    .option('--ask <tools>', 'ask on the terminal before these tools run, such as files.write* (repeatable)', append)
    .option('--deny <tools>', 'refuse calls of these tools, such as *.delete* (repeatable)', append)
}

const sandboxOption = () =>
  new Option('--sandbox <name>', 'sandbox to use (default: the strongest that runs here)').choices(BACKEND_NAMES)

function withPrinting(command: Command): Command {
  return command
    .option('--json', 'print the complete result as one line of JSON')
    .option('-q, --quiet', 'do not print tool calls and console output')
}

withPrinting(
  withShapes(withExecution(program.command('run').argument('<file>', 'the program, or - for standard input'))),
)
  .description('Run a program and print its value.')
  .option('--check', 'check the types of the program first, and call no tool if there is a mistake')
  .option(STORE, 'keep the run, so that it can wait and be resumed later (default file: in the data folder)')
  .addHelpText(
    'after',
    `
Examples:
  glovebox run report.ts --server "files=npx -y @modelcontextprotocol/server-filesystem ."
  echo 'return await files.listDirectory({ path: "." })' | glovebox run - --config mcp.json --json
  glovebox run report.ts --config mcp.json --ask "files.write*" --store

${EXIT_HELP}`,
  )
  .action(async (file: string, options: RunOptions) => {
    exitCode = await run(file, options, interrupt.signal)
  })

withPrinting(withShapes(withExecution(program.command('resume').argument('<run>', 'id of the run'))))
  .description('Resume a stored run that waits, or whose process ended.')
  .option(STORE, 'file of the stored runs (default: in the data folder)')
  .addHelpText('after', `\nExample:\n  glovebox resume 7f0c… --config mcp.json --ask "files.write*"\n\n${EXIT_HELP}`)
  .action(async (id: string, options: RunOptions) => {
    exitCode = await resume(id, options, interrupt.signal)
  })

withPrinting(program.command('replay').argument('<run>', 'id of the run'))
  .description('Repeat a stored run without calling its tools, and print the first difference.')
  .option(STORE, 'file of the stored runs (default: in the data folder)')
  .addOption(sandboxOption())
  .option('--edit <call=json>', 'show what happens if a call returns this instead (repeatable)', append)
  .addHelpText('after', `\nExample:\n  glovebox replay 7f0c… --sandbox quickjs --edit '2=[]'`)
  .action(async (id: string, options: ReplayOptions) => {
    exitCode = await replayCommand(id, options)
  })

const runs = program
  .command('runs')
  .description('Look at stored runs, and decide on their calls.')
  .addHelpText('after', '\nExample:\n  glovebox runs list --status suspended')
const storedRuns = (name: string) =>
  runs.command(name).option(STORE, 'file of the stored runs (default: in the data folder)')
const onCall = (name: string) =>
  storedRuns(name)
    .argument('<run>', 'id of the run')
    .argument('<call>', 'number of the call', parseCount)
    .option('--note <text>', 'remark for the log')

storedRuns('list')
  .description('List the runs, the latest first.')
  .addOption(new Option('--status <status>', 'only runs with this status').choices(RUN_STATUSES))
  .option('--json', 'print one line of JSON for each run')
  .action(async (options: ListOptions) => {
    exitCode = await listRuns(options)
  })
storedRuns('show')
  .argument('<run>', 'id of the run')
  .description('Show the program of a run, what happened in it, and the calls that wait.')
  .option('--json', 'print everything as one line of JSON')
  .action(async (id: string, options: ShowOptions) => {
    exitCode = await showRun(id, options)
  })
onCall('approve')
  .description('Allow a call that waits.')
  .option('--edit <json>', 'input to use instead')
  .action(async (id: string, call: number, options: DecideOptions) => {
    exitCode = await approve(id, call, options)
  })
onCall('deny')
  .description('Refuse a call that waits.')
  .option('--reason <text>', 'reason for the program')
  .action(async (id: string, call: number, options: DecideOptions) => {
    exitCode = await deny(id, call, options)
  })
onCall('resolve')
  .description('Say what became of a call whose process ended while the tool ran.')
  .option('--retry', 'call the tool again')
  .option('--output <json>', 'it returned this')
  .option('--error <text>', 'it failed with this')
  .action(async (id: string, call: number, options: DecideOptions) => {
    exitCode = await resolveCall(id, call, options)
  })
storedRuns('delete')
  .argument('<run...>', 'ids of the runs')
  .description('Delete runs.')
  .action(async (ids: string[], options: ShowOptions) => {
    exitCode = await deleteRuns(ids, options)
  })

withShapes(withServers(program.command('serve')))
  .description('Serve one tool that runs programs over the tools of all servers, to any MCP host.')
  .option('--http [port]', 'listen on this port of the loopback interface (default: standard input and output)')
  .option('--lookups', 'also serve search_tools and describe_tools')
  .option('-l, --limit <name=value>', 'a limit, such as wallTimeMs=5s or memoryBytes=128MiB (repeatable)', parseLimit)
  .addOption(sandboxOption())
  .option('--ask <tools>', 'ask the user of the client before these tools run (repeatable)', append)
  .option('--deny <tools>', 'refuse calls of these tools, such as *.delete* (repeatable)', append)
  .option('--no-check', 'run programs without checking their types first')
  .option('--pass <tools>', 'also serve these tools under their own names, such as github.get_me (repeatable)', append)
  .option(STORE, 'file of the stored runs (default: in the data folder)')
  .addHelpText(
    'after',
    `
Over HTTP, clients send the token in GLOVEBOX_TOKEN, or the one that is printed.

Examples:
  glovebox serve --config ~/.cursor/mcp.json --ask "*.delete*"
  glovebox serve --profile work
  GLOVEBOX_TOKEN=… glovebox serve --http 8080 --trust`,
  )
  .action(async (options: ServeOptions) => {
    // Loaded on demand: other commands need no server.
    const { serve } = await import('./commands/serve.ts')
    exitCode = await serve(options, interrupt.signal)
  })

for (const [name, description] of [
  ['connect', 'Move the servers of a host behind one glovebox serve.'],
  ['disconnect', 'Undo glovebox connect.'],
] as const)
  program
    .command(name)
    .addArgument(new Argument('<host>', 'host to change').choices(CONNECTABLE_HOSTS))
    .description(description)
    .option('--file <file>', 'configuration file of the host (default: that of the user)')
    .option('-y, --yes', 'change the file without asking')
    .addHelpText('after', `\nExample:\n  glovebox ${name} cursor`)
    .action(async (host: ConnectableHost, options: ConnectOptions) => {
      const actions = await import('./commands/connect.ts')
      exitCode = await actions[name](host, options)
    })

withShapes(withServers(program.command('types')))
  .description('Print the TypeScript declarations of the tools, as a model reads them.')
  .addOption(new Option('--style <style>', 'level of detail').choices(STYLES).default('full'))
  .option('--max-tokens <number>', 'reduce details, then omit tools, to stay within this size', parseCount)
  .option('--search <words>', 'print the tools that fit these words')
  .option('--describe <path...>', 'declare only these tools, such as files.readFile')
  .addHelpText(
    'after',
    '\nExample:\n  glovebox types --server "files=npx -y @modelcontextprotocol/server-filesystem ." > files.d.ts\n  glovebox types --search "read a file"',
  )
  .action(async (options: TypesOptions) => {
    exitCode = await types(options, interrupt.signal)
  })

withServers(program.command('learn').argument('[tool...]', 'only these tools, such as git.* (default: all)'))
  .description('Call the read-only tools that need no input, and keep the types of their results.')
  .option('--dry-run', 'print which tools would be called')
  .option('--save [file]', 'also write all types to a file to share (default: mcp.shapes.json beside mcp.json)')
  .option('--clear', 'forget all types of results first')
  .option('--shapes <file>', 'types of results that a team shares (default: mcp.shapes.json beside mcp.json)')
  .option(STORE, 'file that keeps the types (default: that of the runs in the data folder)')
  .addHelpText(
    'after',
    `
Only names of properties and types are kept, no values.

Examples:
  glovebox learn --config mcp.json
  glovebox learn "git.*" --save

${EXIT_HELP}`,
  )
  .action(async (tools: string[], options: LearnCommandOptions) => {
    const { learn } = await import('./commands/learn.ts')
    exitCode = await learn(tools, options, interrupt.signal)
  })

withServers(program.command('servers'))
  .description('Connect to the MCP servers, and show their state, version, tools and logins.')
  .option('--json', 'print the report as one line of JSON')
  .addHelpText('after', '\nExample:\n  glovebox servers --config mcp.json')
  .action(async (options: ServersOptions) => {
    exitCode = await servers(options, interrupt.signal)
  })

const auth = program
  .command('auth')
  .description('Log in to MCP servers that require it.')
  .addHelpText('after', '\nExample:\n  glovebox auth login notion --server notion=https://mcp.notion.com/mcp')
withServers(auth.command('login').argument('<server>', 'name of the server'))
  .description('Log in to a server in the browser, and keep the login for this user.')
  .action(async (name: string, options: ServerOptions) => {
    exitCode = await login(name, options, interrupt.signal)
  })
withServers(auth.command('logout').argument('<server>', 'name of the server'))
  .description('Delete the login of a server.')
  .action(async (name: string, options: ServerOptions) => {
    exitCode = await logout(name, options, interrupt.signal)
  })
withServers(auth.command('status').argument('[server]', 'name of the server (default: all with a URL)'))
  .description('Show for which servers there is a login.')
  .action(async (name: string | undefined, options: ServerOptions) => {
    exitCode = await authStatus(name, options, interrupt.signal)
  })

program
  .command('import')
  .argument('[name...]', 'names of the servers (default: all)')
  .description(
    'Copy MCP servers from another host, such as Claude Desktop or VS Code. Without --from, list what is found.',
  )
  .addOption(new Option('--from <host>', 'host to copy from').choices(MCP_HOSTS))
  .option('--to <file>', 'file to add them to', 'mcp.json')
  .addHelpText('after', '\nExample:\n  glovebox import --from cursor github')
  .action(async (names: string[], options: ImportOptions) => {
    exitCode = await importServers(names, options)
  })

program
  .command('doctor')
  .description('Show which sandboxes run on this machine, and why the others do not.')
  .option('--json', 'print the report as one line of JSON')
  .addHelpText('after', '\nExample:\n  glovebox doctor')
  .action(async (options: DoctorOptions) => {
    // Nothing needs an orderly shutdown here.
    interrupt.signal.addEventListener('abort', () => process.exit(EXIT.interrupted))
    exitCode = await doctor(options)
  })

function exitCodeOfError(error: unknown): ExitCode {
  if (interrupt.signal.aborted) return EXIT.interrupted
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage
  const reporter = new Reporter(process.stderr, false)
  const message = error instanceof Error ? error.message : String(error)
  reporter.error(message)
  // A script that reads JSON finds the reason there, too.
  if (process.argv.includes('--json'))
    console.log(JSON.stringify({ status: 'failed', ok: false, error: describe(error, message) }))
  if (error instanceof UsageError || error instanceof TypeError) return EXIT.usage
  if (error instanceof McpError) return EXIT.server
  if (error instanceof SandboxError && error.code === 'GUARANTEE_NOT_MET') return EXIT.usage
  if (error instanceof RunError) return error.code === 'RUN_STORE_FAILED' ? EXIT.sandbox : EXIT.usage
  if (!(error instanceof SandboxError) && error instanceof Error && error.stack) {
    console.error(redactSecrets(error.stack))
  }
  return EXIT.sandbox
}

function describe(error: unknown, message: string): { code: string; message: string } {
  const isKnown = error instanceof McpError || error instanceof SandboxError || error instanceof RunError
  const code = isKnown ? error.code : error instanceof UsageError || error instanceof TypeError ? 'USAGE' : 'INTERNAL'
  return { code, message: redactSecrets(message) }
}

// The reader closed its end of the pipe, as `head` does: finish normally, so that everything is closed in order.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error
  })
}
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  // The first signal starts an orderly shutdown; a second one has the default effect and ends the process immediately.
  process.once(signal, () => interrupt.abort(new Error(`Interrupted by ${signal}`)))
}
// Older versions of Node warn that SQLite is experimental. We test with each version that we support.
const warn = process.listeners('warning')
process.removeAllListeners('warning').on('warning', (warning) => {
  if (!warning.message.startsWith('SQLite is an experimental feature')) for (const listener of warn) listener(warning)
})
refuseOldNode()
try {
  await program.parseAsync()
} catch (error) {
  exitCode = exitCodeOfError(error)
}
process.exitCode = exitCode
