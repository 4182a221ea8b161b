/**
 * Writes docs/reference/large-catalogs.md: `pnpm catalogs`. Counts what tools cost a model in tokens, and measures how long
 * catalogs take, from a few tools to ten thousand. Takes about two minutes. Run it on an otherwise idle machine.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { cpus, loadavg } from 'node:os'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { createBrowserCodeTool } from '@cloudflare/codemode/browser'
import { createCodeMode, toolProvider } from '@glovebox/core'
import { quickjs } from '@glovebox/quickjs'
import { countTokens } from 'gpt-tokenizer/encoding/o200k_base'
import { progress, tableOf } from './report.mjs'

const HELP = `Usage: pnpm catalogs

Writes docs/reference/large-catalogs.md: what catalogs of 3 to 10,000 tools cost in tokens and in time.`

const { values: options } = parseArgs({ options: { help: { type: 'boolean', default: false } } })
if (options.help) {
  console.log(HELP)
  process.exit()
}
if (globalThis.gc === undefined) {
  console.error('Run with --expose-gc, as `pnpm catalogs` does')
  process.exit(2)
}

const root = fileURLToPath(new URL('..', import.meta.url))
const folder = `${root}packages/core/test/data/mcp/`
const SIZES = [3, 10, 50, 100, 500, 2_500, 10_000]
const EXECUTIONS = 60
const QUERIES = [
  'list the files of a folder',
  'send a message',
  'create an issue',
  'take a screenshot',
  'query a table',
]

const servers = readdirSync(folder)
  .filter((file) => file.endsWith('.json'))
  .map((file) => ({
    name: file.replace('.json', ''),
    tools: JSON.parse(readFileSync(folder + file, 'utf8')).tools,
  }))

/** Three tools of the kind for which a model needs no programs. */
const SMALL = ['now', 'weather', 'dice'].map((name) => ({
  name,
  description: `Returns the ${name}.`,
  inputSchema: { type: 'object', properties: { place: { type: 'string' } } },
}))

/** Returns that many real tools by server, repeated under other names where there are not enough. */
function take(count) {
  if (count === SMALL.length) return [{ name: 'tools', tools: SMALL }]
  const taken = []
  let left = count
  for (let round = 0; left > 0; round++) {
    for (const { name, tools } of servers) {
      if (left <= 0) break
      const some = tools.slice(0, left)
      left -= some.length
      taken.push({ name: round === 0 ? name : `${name}-${round}`, tools: some })
    }
  }
  return taken
}

const count = (text) => countTokens(text, { disallowedSpecial: new Set() })
const SHOWN = ['name', 'title', 'description', 'inputSchema', 'outputSchema', 'annotations']

/** Tokens of what a host sends for direct calls. A long list is counted by part, since counting it whole takes minutes. */
const rawTokens = (all) =>
  all.reduce(
    (sum, tool) =>
      sum + count(JSON.stringify(Object.fromEntries(Object.entries(tool).filter(([key]) => SHOWN.includes(key))))),
    0,
  )

/** Tokens of Cloudflare's declarations. Its conversion of some schemas fails; those are left out. */
function cloudflareTokens(all) {
  let sum = 0
  for (const [index, tool] of all.entries()) {
    const tools = { [`${tool.name}_${index}`]: { ...tool, execute: async () => undefined } }
    try {
      sum += count(createBrowserCodeTool({ tools, description: '{{types}}' }).description)
    } catch (error) {
      if (!(error instanceof TypeError)) throw error
    }
  }
  return sum
}

const now = () => performance.now()
async function timed(run) {
  const began = now()
  const value = await run()
  return { ms: now() - began, value }
}
const quantile = (times, share) =>
  times.toSorted((a, b) => a - b)[Math.min(times.length - 1, Math.floor(times.length * share))]

await using sandbox = quickjs()
const execute = async (codeMode) => {
  const { path } = codeMode.list({ limit: 1 }).items[0]
  const times = []
  for (let run = 0; run < EXECUTIONS; run++)
    times.push((await timed(() => codeMode.execute(`return typeof ${path}`))).ms)
  return quantile(times, 0.5)
}

async function instructionTokens() {
  await using codeMode = await createCodeMode({ sandbox, tools: {} })
  return count(codeMode.instructions)
}

function heap() {
  for (let round = 0; round < 3; round++) globalThis.gc()
  return process.memoryUsage().heapUsed
}

const providersOf = (taken) =>
  taken.map(({ name, tools }) => toolProvider({ name, tools: tools.map((tool) => ({ ...tool, execute: () => null })) }))

/** A provider whose tools can be changed. */
function changing(provider) {
  let listener = () => {}
  let { tools } = provider
  return {
    name: provider.name,
    get tools() {
      return tools
    },
    onChange(added) {
      listener = added
      return () => {}
    },
    change() {
      tools = tools.with(0, { ...tools[0], description: `Changed at ${now()}.` })
      listener()
    },
  }
}

// Compile the code that is measured.
{
  await using warm = await createCodeMode({ sandbox, tools: providersOf(take(100)) })
  await warm.search('warm up')
  warm.describe(warm.list({ limit: 5 }).items.map(({ path }) => path))
  await execute(warm)
}

const tokenRows = [['tools', 'tool list', 'Cloudflare', 'Glovebox, full', 'Glovebox, 6,000', 'left out']]
const timeRows = [
  ['tools', 'create', 'instructions', 'first search', 'search p95', 'describe 5', 'change of one', 'execution', 'heap'],
]
const load = loadavg()[0].toFixed(1)
for (const size of SIZES) {
  progress(`${size} tools …`)
  const taken = take(size)
  const all = taken.flatMap(({ tools }) => tools)
  const before = heap()
  const [first, ...others] = providersOf(taken)
  const live = changing(first)
  const tools = [live, ...others]
  const created = await timed(() => createCodeMode({ sandbox, tools }))
  const codeMode = created.value
  const written = await timed(() => codeMode.instructions)
  const searched = await timed(() => codeMode.search(QUERIES[0]))
  const kept = heap() - before
  const times = []
  for (let round = 0; round < 40; round++)
    for (const query of QUERIES) times.push((await timed(() => codeMode.search(query))).ms)
  const paths = codeMode.list({ limit: 5 }).items.map(({ path }) => path)
  const described = await timed(() => codeMode.describe(paths))
  const ran = await execute(codeMode)
  live.change()
  const changed = await timed(async () => (codeMode.instructions, await codeMode.search(QUERIES[1])))
  const text = codeMode.instructions
  const omitted = codeMode.omitted.join(', ')
  await codeMode.close()
  await using whole = await createCodeMode({
    sandbox,
    tools: providersOf(taken),
    declarations: { maxTokens: Number.POSITIVE_INFINITY },
  })
  const ms = (value) => `${value.toFixed(value < 10 ? 1 : 0)} ms`
  const full = size > 2_500 ? '–' : count(whole.instructions).toLocaleString('en')
  tokenRows.push([
    size.toLocaleString('en'),
    rawTokens(all).toLocaleString('en'),
    cloudflareTokens(all).toLocaleString('en'),
    full,
    count(text).toLocaleString('en'),
    omitted === '' ? 'nothing' : omitted,
  ])
  timeRows.push([
    size.toLocaleString('en'),
    ms(created.ms),
    ms(written.ms),
    ms(searched.ms),
    ms(quantile(times, 0.95)),
    ms(described.ms),
    ms(changed.ms),
    ms(ran),
    `${Math.max(0, kept / 2 ** 20).toFixed(0)} MB`,
  ])
}
progress('')

const overhead = await instructionTokens()
const version = (name) => JSON.parse(readFileSync(`${root}${name}/package.json`, 'utf8')).version
const page = `# Large catalogs

What tools cost a model in tokens, and a host in time, measured by \`pnpm catalogs\`. [The guide](../guides/large-catalogs.md) explains how models
find tools.

The tools are those of ${servers.length} MCP servers, in the order of their names. Where there are not enough, they are repeated under other names. The first
row has three small tools. Measured on ${new Date().toISOString().slice(0, 10)} with Node ${process.versions.node} on ${cpus().length} cores (${cpus()[0].model.trim()}) at a load of ${load}.

## Tokens

Counted as OpenAI's o200k encoding does.

- **tool list**: the JSON of the tools, which a host sends for direct calls
- **Cloudflare**: the declarations of @cloudflare/codemode ${version('scripts/node_modules/@cloudflare/codemode')}, without its prompt
- **Glovebox, full**: instructions and declarations without a budget
- **Glovebox, 6,000**: with the default budget of 6,000 tokens

${tableOf(tokenRows)}

Direct calls are cheaper for a few small tools, and wherever one call answers the question: the instructions alone take ${overhead} tokens, and a
program takes more output than a call. Code mode is cheaper from about ten tools of common size on, for tasks that need several calls, and for results
that the model does not have to read.

## Time and memory

- **create**: \`createCodeMode\`
- **instructions**: first access to \`codeMode.instructions\`
- **first search**: includes the index, which is made in slices
- **change of one**: after the change of one tool, instructions and a search
- **execution**: median of ${EXECUTIONS} programs that refer to one tool
- **heap**: growth for the catalog and the index

${tableOf(timeRows)}
`
writeFileSync(`${root}docs/reference/large-catalogs.md`, page)
console.log(page)
