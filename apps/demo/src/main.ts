/** Demo: prints the tools of an MCP server as TypeScript, runs a program that calls them, and prints its result. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { inspect, styleText } from 'node:util'
import { createCodeMode, type ExecutionEvent, mcp, quickjs } from 'glovebox'

const heading = (text: string) => console.log(`\n${styleText(['bold', 'cyan'], text)}\n`)
const dim = (text: string) => console.log(styleText('dim', text))

const FILES = {
  'january.csv': 'item,amount\ncoffee,12\ntea,7\n',
  'february.csv': 'item,amount\ncoffee,9\ncocoa,4\n',
  'march.csv': 'item,amount\ntea,11\ncocoa,6\ncoffee,3\n',
  'notes.txt': 'Prices rise in April.\n',
}

/** A program that a model might write after reading the declarations. */
const program = (folder: string) =>
  `
interface Sale { month: string; item: string; amount: number }

const folder = ${JSON.stringify(folder)}
const { content } = await files.listDirectory({ path: folder })
const months = content.split('\\n').map((line) => line.replace('[FILE] ', '')).filter((name) => name.endsWith('.csv'))
console.log('reading', months)

const sales: Sale[] = (await Promise.all(months.map(async (name) => {
  const { content } = await files.readTextFile({ path: folder + '/' + name })
  const rows = content.trim().split('\\n').slice(1).map((row) => row.split(','))
  return rows.map(([item, amount]) => ({ month: name.replace('.csv', ''), item, amount: Number(amount) }))
}))).flat()

const total = (rows: Sale[]) => rows.reduce((sum, { amount }) => sum + amount, 0)
return {
  total: total(sales),
  byItem: Object.fromEntries(Map.groupBy(sales, ({ item }) => item).entries().map(([item, rows]) => [item, total(rows)])),
}`.trim()

function show(event: ExecutionEvent): void {
  switch (event.type) {
    case 'log':
      return console.log(`  ${event.level}: ${event.text}`)
    case 'tool-call-start':
      return dim(`  → ${event.tool}`)
    case 'tool-call-end':
      return dim(`  ← ${event.tool}, ${event.outcome} after ${event.durationMs.toFixed(1)} ms`)
    default:
      event satisfies never
  }
}

const folder = await mkdtemp(join(tmpdir(), 'glovebox-'))
try {
  for (const [name, text] of Object.entries(FILES)) await writeFile(join(folder, name), text)
  const server = join(
    dirname(createRequire(import.meta.url).resolve('@modelcontextprotocol/server-filesystem/package.json')),
    'dist/index.js',
  )

  await using files = await mcp({ name: 'files', command: process.execPath, args: [server, folder] })
  await using sandbox = quickjs()
  await using codeMode = await createCodeMode({ sandbox, tools: files })

  heading('Declarations of the tools of @modelcontextprotocol/server-filesystem, which the model reads')
  console.log(codeMode.declarations)

  const code = program(folder)
  heading('A program that a model might write')
  console.log(code)

  heading('The program runs in a new sandbox')
  const result = await codeMode.execute(code, { onEvent: show })

  heading('The result')
  console.log(inspect(result.ok ? result.value : result.error, { depth: 8, colors: process.stdout.isTTY }))
  const { wallTimeMs, toolCalls } = result.usage
  dim(`\n${toolCalls} tool calls in ${wallTimeMs.toFixed(0)} ms; a model needs one turn for this.`)
  process.exitCode = result.ok ? 0 : 1
} finally {
  await rm(folder, { recursive: true, force: true })
}
