import { existsSync } from 'node:fs'
import { isDeepStrictEqual } from 'node:util'
import type { CodeMode, FoundTool, Tool, ToolShape } from '@glovebox/core'
import { compileWildcard, identifierFor, isUndeclared, mergeToolShapes } from '@glovebox/core/framework'
import type { McpProvider } from '@glovebox/mcp'
import { configurationOf, type ServerOptions } from '../configured-servers.ts'
import { EXIT, type ExitCode, UsageError } from '../exit-codes.ts'
import { Reporter, safe } from '../reporter.ts'
import { openStore, principal, type StoreOption } from '../run-store.ts'
import { withCodeMode } from '../session.ts'
import { readShapes, type ShapeOptions, shapeFileOf, writeShapes } from '../shape-file.ts'

/** Options of `glovebox learn`. */
export interface LearnCommandOptions extends ServerOptions, StoreOption, Pick<ShapeOptions, 'shapes'> {
  readonly dryRun?: boolean
  /** File for the types of results, or `true` for the one beside the configuration. */
  readonly save?: string | true
  readonly clear?: boolean
}

/** Maximum time for one tool, in milliseconds. */
const CALL_MS = 30_000
/** Number of tools on one page of a list. */
const PAGE = 50

/** Calls read-only tools that need no input, and keeps the types of their results. */
export async function learn(
  patterns: readonly string[],
  options: LearnCommandOptions,
  signal: AbortSignal,
): Promise<ExitCode> {
  const reporter = new Reporter(process.stderr, false)
  const file = options.save === undefined ? undefined : saveTo(options, options.save)
  await using store = await openStore(options.store)
  if (options.clear === true) console.log(`Forgotten: ${countOf(await store.shapes.clear(principal()))}.`)
  const session = { ...options, learn: true, opened: store, limits: { wallTimeMs: CALL_MS } }
  const outcome = await withCodeMode(session, reporter, signal, async (codeMode, _, providers) => {
    const chosen = chooseTools(codeMode, providers, patterns)
    const servers = providers.map(({ name }) => identifierFor(name))
    if (options.dryRun === true) {
      for (const { path } of chosen) console.log(path)
      return { exitCode: EXIT.ok, servers: [] }
    }
    let count = 0
    for (const { path } of chosen) {
      reporter.progress(`Calling ${path} …`)
      if (await callTool(codeMode, path, signal)) count++
    }
    console.log(`${count} of ${chosen.length} read-only tools without required input returned something.`)
    return { exitCode: signal.aborted ? EXIT.interrupted : EXIT.ok, servers }
  })
  if (file !== undefined && options.dryRun !== true && !signal.aborted) {
    const learnt = (await store.shapes.load(principal())).filter(({ server }) => outcome.servers.includes(server))
    const known = existsSync(file) ? await readShapes(file, undefined, (message) => reporter.warning(message)) : []
    const shapes = mergeAll(known, learnt)
    await writeShapes(file, shapes)
    console.log(`Written to ${file}: ${countOf(shapes.length)}.`)
  }
  return outcome.exitCode
}

/** Adds shapes to those of a file. Both count some results, so that the larger number is kept. */
function mergeAll(known: readonly ToolShape[], learnt: readonly ToolShape[]): readonly ToolShape[] {
  const all = new Map(known.map((shape) => [`${shape.server}.${shape.tool}`, shape]))
  for (const shape of learnt) {
    const key = `${shape.server}.${shape.tool}`
    const before = all.get(key)
    const results = before?.digest === shape.digest ? Math.max(before.results, shape.results) : shape.results
    // The file may have been written from the same results, which must not count twice.
    const isKnown = before !== undefined && isDeepStrictEqual(before.shape, shape.shape)
    const merged = before === undefined || isKnown ? shape : mergeToolShapes(before, shape)
    all.set(key, { ...merged, results })
  }
  return [...all.values()]
}

const countOf = (count: number): string => `${count} ${count === 1 ? 'type' : 'types'} of results`

/** @throws {@link UsageError} if no file is named, and no configuration has one beside it */
function saveTo(options: LearnCommandOptions, save: string | true): string {
  if (save !== true) return save
  const config = configurationOf(options)
  if (config === undefined) throw new UsageError('Name the file for the types: --save mcp.shapes.json')
  return shapeFileOf(config)
}

/**
 * Returns the tools that can be called without input, change nothing, declare no output, and match a pattern.
 *
 * @throws {@link UsageError} for a pattern that matches no tool
 */
function chooseTools(
  codeMode: CodeMode,
  providers: readonly McpProvider[],
  patterns: readonly string[],
): readonly FoundTool[] {
  const tools = listAll(codeMode)
  const matchers = patterns.map(compileWildcard)
  const isNamed = ({ path, namespace, name }: FoundTool, matches: (text: string) => boolean) =>
    matches(path) || matches(`${namespace}.${name}`)
  const unknown = patterns.find((_, at) => !tools.some((tool) => isNamed(tool, matchers[at] as (typeof matchers)[0])))
  if (unknown !== undefined) throw new UsageError(`${unknown} matches no tool. List them with: glovebox types`)
  const callable = new Set(
    providers.flatMap(({ name, tools: provided }) =>
      provided.filter(canBeLearnt).map((tool) => `${identifierFor(name)}.${tool.name}`),
    ),
  )
  return tools.filter(
    (tool) =>
      callable.has(`${tool.namespace}.${tool.name}`) &&
      (matchers.length === 0 || matchers.some((matches) => isNamed(tool, matches))),
  )
}

function canBeLearnt({ annotations = {}, inputSchema = {}, outputSchema }: Tool): boolean {
  const { required = [] } = inputSchema as { readonly required?: readonly unknown[] }
  return annotations.readOnlyHint === true && required.length === 0 && isUndeclared(outputSchema)
}

function listAll(codeMode: CodeMode): readonly FoundTool[] {
  const tools: FoundTool[] = []
  for (let offset = 0, total = 1; offset < total; offset += PAGE) {
    const page = codeMode.list({ limit: PAGE, offset, detail: 'names' })
    tools.push(...page.items)
    total = page.total
  }
  return tools
}

/** Calls a tool in a program, and prints what it returned. Returns whether it returned something. */
async function callTool(codeMode: CodeMode, path: string, signal: AbortSignal): Promise<boolean> {
  const result = await codeMode.execute(`await ${path}({})`, { signal })
  const [observed] = result.observed ?? []
  const what = result.ok ? (observed?.type ?? 'known before') : `failed: ${result.error.message.split('\n')[0]}`
  console.log(safe(`${path}  ${what}`))
  return result.ok
}
