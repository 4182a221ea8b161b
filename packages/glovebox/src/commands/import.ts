import { randomUUID } from 'node:crypto'
import { existsSync } from 'node:fs'
import { readFile, rename, writeFile } from 'node:fs/promises'
import { findMcpConfigs, type McpConfigFile, type McpHost, readMcpServers } from '@glovebox/mcp'
import { EXIT, type ExitCode, UsageError } from '../exit-codes.ts'
import { safe } from '../reporter.ts'

/** Options of `glovebox import`. */
export interface ImportOptions {
  /** Host whose servers are copied. Default: all that are found are listed. */
  readonly from?: McpHost
  /** File to which the servers are added. */
  readonly to: string
}

/** Copies servers from the configuration of a host to a file of the project. Without a host, lists those that are found. */
export async function importServers(names: readonly string[], { from, to }: ImportOptions): Promise<ExitCode> {
  const found = await findMcpConfigs()
  if (from === undefined) return await list(found)
  const copied = new Map<string, unknown>()
  for (const { host, file } of found) {
    if (host !== from) continue
    for (const [name, entry] of await entriesOf(file)) if (!copied.has(name)) copied.set(name, entry)
  }
  const missing = names.filter((name) => !copied.has(name))
  if (missing.length > 0) throw new UsageError(`${from} has no server "${missing[0]}".`)
  const chosen = [...copied].filter(([name]) => names.length === 0 || names.includes(name))
  if (chosen.length === 0) throw new UsageError(`${from} has no servers on this machine.`)
  const content = await readTarget(to)
  const known = content.mcpServers ?? {}
  const added: (readonly [string, unknown])[] = []
  for (const [name, entry] of chosen) {
    if (Object.hasOwn(known, name)) console.log(safe(`${name} is already in ${to}`))
    // The file that describes the input stays behind.
    else if (JSON.stringify(entry).includes('${input:'))
      console.log(safe(`${name} asks for an input: replace it by an environment variable, and add it by hand`))
    else added.push([name, entry])
  }
  if (added.length === 0) return EXIT.ok
  const text = JSON.stringify({ ...content, mcpServers: { ...known, ...Object.fromEntries(added) } }, undefined, 2)
  const temporary = `${to}.${randomUUID()}`
  await writeFile(temporary, `${text}\n`, { mode: 0o600, flag: 'wx' })
  await rename(temporary, to)
  for (const [name] of added) console.log(safe(`${name} was added to ${to}`))
  return EXIT.ok
}

async function list(found: readonly McpConfigFile[]): Promise<ExitCode> {
  let isEmpty = true
  for (const { host, file } of found) {
    const names = (await entriesOf(file)).map(([name]) => name)
    if (names.length === 0) continue
    isEmpty = false
    console.log(safe(`${host} (${file}): ${names.join(', ')}`))
  }
  if (isEmpty) throw new UsageError('No host on this machine has MCP servers.')
  console.log('Copy them with: glovebox import --from <host> [name...]')
  return EXIT.ok
}

async function entriesOf(file: string): Promise<readonly (readonly [string, unknown])[]> {
  try {
    return Object.entries(await readMcpServers(file))
  } catch (error) {
    throw new UsageError((error as Error).message, { cause: error })
  }
}

interface Target {
  readonly mcpServers?: Readonly<Record<string, unknown>>
}

async function readTarget(file: string): Promise<Target> {
  if (!existsSync(file)) return {}
  try {
    return JSON.parse(await readFile(file, 'utf8')) as Target
  } catch {
    throw new UsageError(`${file} is not plain JSON, so servers cannot be added to it.`)
  }
}
