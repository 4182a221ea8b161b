/**
 * Connects to more than thirty real MCP servers of the npm registry, and writes docs/reference/mcp-servers.md:
 * `pnpm real-servers`. Compares the connection times of `mcp()` and of the SDK alone, compiles the declarations of all
 * tools, and runs programs on the servers that work without a network. Takes about eight minutes on two cores. Run it on an
 * otherwise idle machine.
 */
import { execFile } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { delimiter, dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { isDeepStrictEqual, parseArgs, promisify } from 'node:util'
import { createCodeMode } from '@glovebox/core'
import { mcp } from '@glovebox/mcp'
import { quickjs } from '@glovebox/quickjs'
import { Client } from '@modelcontextprotocol/client'
import { getDefaultEnvironment, StdioClientTransport } from '@modelcontextprotocol/client/stdio'
import { typeErrors } from './real-servers/declarations.mjs'
import { isUnknown, learntTypes } from './real-servers/learnt.mjs'
import { writePage } from './real-servers/page.mjs'
import { countLeftProcesses, killMarkedProcesses, marker } from './real-servers/processes.mjs'
import { SERVERS } from './real-servers/servers.mjs'
import { startSite } from './real-servers/site.mjs'
import { progress } from './report.mjs'

const HELP = `Usage: pnpm real-servers [--only NAME[,NAME…]] [--installed FOLDER]

Connects to real MCP servers, compiles the declarations of their tools, runs programs, and writes
docs/reference/mcp-servers.md.

  --only NAME,…        some servers; does not write the page
  --installed FOLDER   uses the packages in FOLDER/node_modules instead of installing them
  --help               print this help

Servers: ${SERVERS.map(({ name }) => name).join(', ')}`

const { values: options } = parseArgs({
  options: { only: { type: 'string' }, installed: { type: 'string' }, help: { type: 'boolean' } },
})
if (options.help) {
  console.log(HELP)
  process.exit()
}
const wanted = options.only?.split(',') ?? SERVERS.map(({ name }) => name)
const unknown = wanted.filter((name) => !SERVERS.some((server) => server.name === name))
if (unknown.length > 0) {
  console.error(`Unknown server: ${unknown.join(', ')}.\n\n${HELP}`)
  process.exit(2)
}

const PAGE = fileURLToPath(new URL('../docs/reference/mcp-servers.md', import.meta.url))
const ROUNDS = 3
const CONNECT_TIMEOUT_MS = 60_000
/** Time in which the processes of a closed server must have exited, in milliseconds. */
const MAX_EXIT_MS = 2_000
/** Upper bound of the median of the ratios between `mcp()` and the SDK alone. */
const MAX_RATIO = 1.1
/** Characters of a wrong value that are printed. */
const MAX_SHOWN = 3_000

const home = mkdtempSync(join(tmpdir(), 'glovebox-servers-'))
process.on('exit', () => {
  killMarkedProcesses()
  rmSync(home, { recursive: true, force: true, maxRetries: 5 })
})
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => process.exit(130))

const selected = SERVERS.filter(({ name }) => wanted.includes(name))
const installed = options.installed === undefined ? join(home, 'packages') : resolve(options.installed)
const chromium = (process.env.PATH ?? '')
  .split(delimiter)
  .map((folder) => join(folder, 'chromium'))
  .find((file) => existsSync(file))

/** Installs all servers. Their install scripts do not run: none of them needs one. */
async function install() {
  mkdirSync(installed)
  writeFileSync(join(installed, 'package.json'), JSON.stringify({ private: true }))
  const names = selected.map((server) => `${server.package}@${server.version}`)
  const flags = ['--ignore-scripts', '--no-audit', '--no-fund', '--no-package-lock', '--prefer-offline']
  await promisify(execFile)('npm', ['install', ...flags, ...names], {
    cwd: installed,
    env: { ...process.env, ...marker },
  })
}

/** Returns the script that starts a server. */
function scriptOf(server) {
  const folder = join(installed, 'node_modules', server.package)
  const { bin, version } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
  if (version !== server.version)
    throw new Error(`${server.package} ${server.version} is not installed; got ${version}`)
  return join(folder, typeof bin === 'string' ? bin : Object.values(bin)[0])
}

/** Returns how to start a server in a new folder. Servers also find their configuration in that folder. */
function startOf(server) {
  const folder = mkdtempSync(join(home, `${server.name}-`))
  const place = { folder, url: site.url, chromium: chromium ?? 'chromium' }
  server.program?.prepare?.(place)
  const env = {
    ...marker,
    HOME: folder,
    PATH: `${dirname(process.execPath)}${delimiter}${process.env.PATH}`,
    ...server.env?.(place),
  }
  return { place, args: [scriptOf(server), ...(server.args?.(place) ?? [])], env, cwd: folder }
}

/** Returns the time until the SDK alone has listed the tools, in milliseconds. */
async function timeOfSdk(server, command) {
  const { args, env, cwd } = startOf(server)
  const transport = new StdioClientTransport({
    command,
    args,
    env: { ...getDefaultEnvironment(), ...env },
    cwd,
    stderr: 'ignore',
  })
  const client = new Client({ name: 'real-servers', version: '0.0.0' })
  const started = performance.now()
  try {
    await client.connect(transport, { timeout: CONNECT_TIMEOUT_MS })
    await client.listTools(undefined, { timeout: CONNECT_TIMEOUT_MS })
    return performance.now() - started
  } finally {
    await client.close()
    await transport.close()
    killMarkedProcesses()
  }
}

/** Returns the time until `mcp()` has resolved, in milliseconds. */
async function timeOfMcp(server, command) {
  const { args, env, cwd } = startOf(server)
  const started = performance.now()
  const provider = await mcp({ name: server.name, command, args, env, cwd, connectTimeoutMs: CONNECT_TIMEOUT_MS })
  const took = performance.now() - started
  await provider.close()
  await expectNoProcess()
  return took
}

/** Compiles the declarations of a server, and runs its program. */
async function use(server) {
  const { place, args, env, cwd } = startOf(server)
  const connection = { command: process.execPath, args, env, cwd, connectTimeoutMs: CONNECT_TIMEOUT_MS }
  const provider = await mcp({ name: server.name, ...connection })
  const sandbox = quickjs()
  const codeMode = await createCodeMode({ sandbox, tools: provider, limits: { wallTimeMs: 60_000 }, learn: {} })
  try {
    const { protocol, warnings } = provider.status()
    const errors = typeErrors(codeMode.declarations)
    const { observed = [], ...program } = await outcomeOf(server, codeMode, place)
    return {
      tools: provider.tools.length,
      protocol,
      warnings,
      // With the types that the program has shown.
      errors: [...errors, ...typeErrors(codeMode.declarations)],
      learnt: learntTypes(codeMode, observed),
      program,
    }
  } finally {
    await codeMode.close()
    await sandbox.close()
    await provider.close()
  }
}

/** @throws `Error` if processes of a closed server are still running */
async function expectNoProcess() {
  const left = await countLeftProcesses(MAX_EXIT_MS)
  if (left > 0) throw new Error(`close() left ${left} processes running`)
}

async function outcomeOf({ program, needsBrowser }, codeMode, place) {
  if (program === undefined) return { state: 'none' }
  if (needsBrowser && chromium === undefined) return { state: 'skipped', why: 'chromium is not on PATH' }
  const result = await codeMode.execute(program.code(place))
  if (!result.ok) return { state: 'failed', why: `${result.error.code}: ${result.error.message}` }
  const expected = typeof program.value === 'function' ? program.value(place) : program.value
  if (isDeepStrictEqual(result.value, expected)) return { state: 'passed', observed: result.observed }
  return { state: 'failed', why: `it returned ${JSON.stringify(result.value).slice(0, MAX_SHOWN)}` }
}

const median = (values) => values.toSorted((one, other) => one - other)[Math.floor(values.length / 2)]

/** Returns the message of an error, in one line, with the place of the run left out. */
const messageOf = (error) =>
  String(error?.message ?? error)
    .replaceAll(home, '')
    .replace(/\s+/g, ' ')
    .slice(0, 300)

const site = await startSite()
if (options.installed === undefined) {
  console.log(`Installing ${selected.length} servers …`)
  await install()
}
const results = new Map(selected.map((server) => [server, { sdk: [], mcp: [], failures: new Set() }]))
const attempt = async (server, work) => {
  try {
    return await work()
  } catch (error) {
    const message = messageOf(error)
    results.get(server).failures.add(message)
    console.log(`${server.name}: ${message}`)
    killMarkedProcesses()
  }
}

// The first connection of a process loads the SDK.
await attempt(selected[0], () => timeOfMcp(selected[0], process.execPath))
await attempt(selected[0], () => timeOfSdk(selected[0], process.execPath))
for (let round = 0; round < ROUNDS; round++) {
  // `mcp()` remembers by command how a server is reached. Each round has another command, so that nothing is remembered.
  const command = join(home, `node-${round}`)
  symlinkSync(process.execPath, command)
  for (const [index, server] of selected.entries()) {
    progress(`round ${round + 1} of ${ROUNDS}: ${server.name}`)
    const { sdk, mcp: own } = results.get(server)
    const measurements = [
      async () => sdk.push(await timeOfSdk(server, command)),
      async () => own.push(await timeOfMcp(server, command)),
    ]
    if ((round + index) % 2 === 1) measurements.reverse()
    for (const measure of measurements) await attempt(server, measure)
  }
}
progress('')

const rows = []
for (const server of selected) {
  const used = await attempt(server, () => use(server))
  await attempt(server, expectNoProcess)
  const { sdk, mcp: own, failures } = results.get(server)
  const row = { server, used, sdkMs: median(sdk), mcpMs: median(own), failures: [...failures] }
  rows.push(row)
  const ms = (value) => (value === undefined ? 'failed' : `${value.toFixed(0)} ms`)
  const program = used?.program.state === 'none' ? 'no program' : `program ${used?.program.state}`
  console.log(
    `${server.name}: ${used?.tools ?? 'no'} tools, SDK ${ms(row.sdkMs)}, mcp() ${ms(row.mcpMs)}, ${used?.errors.length ?? 'no'} type errors, ${program}, protocol ${used?.protocol}`,
  )
  for (const error of used?.errors.slice(0, 3) ?? []) console.log(`  ${error}`)
  for (const warning of used?.warnings ?? []) console.log(`  warning: ${warning}`)
  if (used?.program.why !== undefined) console.log(`  ${used.program.why}`)
  for (const each of used?.learnt ?? []) console.log(`  ${each.tool} ${each.type}`)
}
site.close()

const measured = rows.filter(({ sdkMs, mcpMs }) => sdkMs !== undefined && mcpMs !== undefined)
const learnt = rows.flatMap(({ used }) => used?.learnt ?? [])
const summary = {
  connected: measured.length,
  ratio: median(measured.map(({ sdkMs, mcpMs }) => mcpMs / sdkMs)),
  sdkMs: median(measured.map(({ sdkMs }) => sdkMs)),
  mcpMs: median(measured.map(({ mcpMs }) => mcpMs)),
  tools: rows.reduce((sum, { used }) => sum + (used?.tools ?? 0), 0),
  typeErrors: rows.reduce((sum, { used }) => sum + (used?.errors.length ?? 0), 0),
  passed: rows.filter(({ used }) => used?.program.state === 'passed').length,
  learnt: learnt.length,
  learntServers: rows.filter(({ used }) => (used?.learnt.length ?? 0) > 0).length,
  unknown: learnt.filter(isUnknown).length,
  programs: rows.filter(({ server }) => server.program !== undefined).length,
}
console.log(
  `${summary.connected} of ${rows.length} servers connected, ${summary.tools} tools, ${summary.typeErrors} type errors, ${summary.passed} of ${summary.programs} programs passed, median ratio ${summary.ratio?.toFixed(2)} (target: at most ${MAX_RATIO}), ${summary.unknown} of ${summary.learnt} learnt outputs of ${summary.learntServers} servers have unknown parts, medians SDK ${summary.sdkMs?.toFixed(0)} ms and mcp() ${summary.mcpMs?.toFixed(0)} ms`,
)
if (options.only === undefined) {
  writePage(PAGE, { rows, summary, rounds: ROUNDS, maxRatio: MAX_RATIO, cores: availableParallelism() })
}
const isRight = rows.every(
  ({ used, failures }) =>
    used !== undefined && failures.length === 0 && used.errors.length === 0 && used.program.state !== 'failed',
)
process.exit(isRight ? 0 : 1)
