/**
 * Writes docs/reference/gateway.md: `pnpm gateway`. Counts what the list of tools of the gateway costs a model, and times
 * the way from the configuration of a host to a first program, with the packages as they would be published. Takes about a
 * minute, and needs the package registry.
 */
import { execFile } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { cpus, loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs, promisify } from 'node:util'
import { Client } from '@modelcontextprotocol/client'
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio'
import { countTokens } from 'gpt-tokenizer/encoding/o200k_base'
import { pack } from '../test/support/packed.ts'
import { serveLists } from './gateway/list-servers.mjs'
import { timeFirstUse } from './gateway/packed.mjs'
import { progress, tableOf } from './report.mjs'

const HELP = `Usage: pnpm gateway

Writes docs/reference/gateway.md: tokens of the gateway's list of tools, and the time from a configuration to a program.`

const { values: options } = parseArgs({ options: { help: { type: 'boolean', default: false } } })
if (options.help) {
  console.log(HELP)
  process.exit()
}

const root = fileURLToPath(new URL('..', import.meta.url))
const folder = `${root}packages/core/test/data/mcp/`
const SIZES = [1, 3, 10, 20, 30]
/** Most tokens of the list of tools for thirty servers. */
const MAX_TOKENS = 1_000
/** Most seconds from a configuration to a first program. */
const MAX_SECONDS = 60

const real = readdirSync(folder)
  .filter((file) => file.endsWith('.json'))
  .map((file) => ({ name: file.replace('.json', ''), tools: JSON.parse(readFileSync(folder + file, 'utf8')).tools }))
/** Real lists, repeated under other names where there are not enough. */
const take = (count) =>
  Array.from({ length: count }, (_, index) => {
    const { name, tools } = real[index % real.length]
    return { name: index < real.length ? name : `${name}-2`, tools }
  })

const count = (value) => countTokens(JSON.stringify(value), { disallowedSpecial: new Set() })
const number = (value) => Math.round(value).toLocaleString('en')

/** Resolves to the tools that a client of the gateway sees. */
async function listTools(home, lists) {
  const { urls, close } = await serveLists(lists)
  const config = join(home, 'servers.json')
  const mcpServers = Object.fromEntries(Object.entries(urls).map(([name, url]) => [name, { url }]))
  writeFileSync(config, JSON.stringify({ mcpServers }))
  const client = new Client({ name: 'host', version: '1' }, { versionNegotiation: { mode: 'auto' } })
  try {
    await client.connect(
      new StdioClientTransport({
        command: process.execPath,
        args: [`${root}packages/glovebox/dist/cli.js`, 'serve', '--config', config],
        env: { ...process.env, XDG_DATA_HOME: home },
        stderr: 'inherit',
      }),
      { timeout: 120_000 },
    )
    return (await client.listTools()).tools.map(({ name, description, inputSchema }) => ({
      name,
      description,
      inputSchema,
    }))
  } finally {
    await client.close()
    await close()
  }
}

const load = loadavg()[0].toFixed(1)
const home = mkdtempSync(join(tmpdir(), 'glovebox-gateway-'))
try {
  const rows = []
  for (const size of SIZES) {
    progress(`${size} servers …`)
    const lists = take(size)
    const raw = lists.flatMap(({ tools }) => tools).reduce((sum, tool) => sum + count(tool), 0)
    const tools = await listTools(home, lists)
    rows.push({ size, tools: lists.reduce((sum, each) => sum + each.tools.length, 0), raw, tokens: count(tools) })
  }
  progress('packing …')
  const packed = await pack(['glovebox'], join(home, 'packed'))
  progress('first use …')
  const { steps, result, isRestored } = await timeFirstUse(home, packed)
  progress('')
  const seconds = Object.values(steps).reduce((sum, each) => sum + each, 0)
  const { stdout: commit } = await promisify(execFile)('git', ['rev-parse', '--short', 'HEAD'], { cwd: root })
  const last = rows.at(-1)
  writeFileSync(
    `${root}docs/reference/gateway.md`,
    `# The gateway in figures

What \`glovebox serve\` costs a model, and how long it takes to set up. \`pnpm gateway\` measured it on ${new Date().toISOString().slice(0, 10)}, at commit
${commit.trim()}, on Node ${process.versions.node}, ${cpus().length} cores of ${cpus()[0].model.trim()}, load ${load}.

## Tokens

Tokens of the list of tools that a client sends to its model, counted with o200k. "Direct" is the same tools without the
gateway. The servers are ${real.length} real lists of tools${SIZES.at(-1) > real.length ? ', the first of them twice' : ''}, each served over HTTP.

${tableOf([
  ['servers', 'tools', 'direct', 'gateway'],
  ...rows.map((row) => [row.size, row.tools, row.raw, row.tokens].map(number)),
])}

## First use

From the configuration of a host with two servers to a program that joins both, called by a real client: \`npm install\` of the
packed packages with an empty cache, then \`npx glovebox connect cursor\`. The host then starts the gateway, which starts the two
servers with \`npx\`.

${tableOf([
  ['step', 'seconds'],
  ...Object.entries(steps).map(([name, each]) => [name, each.toFixed(1)]),
  ['together', seconds.toFixed(1)],
])}

The program returned \`${JSON.stringify(result)}\`. \`glovebox disconnect cursor\` restored ${isRestored ? 'every byte' : 'NOT every byte'} of the file.
`,
  )
  console.log(
    `${last.size} servers: ${last.tokens} tokens (direct ${last.raw}); first program after ${seconds.toFixed(1)} s`,
  )
  if (last.tokens >= MAX_TOKENS || seconds >= MAX_SECONDS || !isRestored || result?.result?.[0] !== 'Ada Lovelace')
    process.exitCode = 1
} finally {
  rmSync(home, { recursive: true, force: true })
}
