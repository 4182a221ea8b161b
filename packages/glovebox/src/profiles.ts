import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { dirname, resolve } from 'node:path'
import { compileWildcard, isRecord } from '@glovebox/core/framework'
import type { McpOptions } from '@glovebox/mcp'
import type { ParseError } from 'jsonc-parser'
import { dataFile } from './data-folder.ts'
import { UsageError } from './exit-codes.ts'

/** Lists of a profile. */
const LISTS = ['servers', 'include', 'exclude', 'ask', 'deny', 'pass'] as const
const KEYS: readonly string[] = ['config', ...LISTS]

/** A choice of servers and tools, with the rules for them. */
export interface Profile extends Partial<Readonly<Record<(typeof LISTS)[number], readonly string[]>>> {
  /** Configuration of an MCP host. Relative paths begin at the file with the profiles. */
  readonly config?: string
}

/**
 * Reads a profile of the user. A profile is never part of a project, which could loosen the rules.
 *
 * @throws {@link UsageError} for a profile that does not exist, or is invalid
 */
export async function readProfile(name: string, file = dataFile('profiles.json')): Promise<Profile> {
  if (!existsSync(file)) throw new UsageError(`There are no profiles: describe "${name}" in ${file}.`)
  // Loaded on demand: few commands have a profile.
  const { parse } = await import('jsonc-parser')
  const errors: ParseError[] = []
  const profiles: unknown = parse(await readFile(file, 'utf8'), errors, { allowTrailingComma: true })
  if (errors.length > 0 || !isRecord(profiles)) throw new UsageError(`${file} must hold a JSON object with profiles.`)
  if (!Object.hasOwn(profiles, name))
    throw new UsageError(`${file} has no profile "${name}"; it has ${Object.keys(profiles).join(', ') || 'none'}.`)
  const profile = assertProfile(profiles[name], `${file}: the profile "${name}"`)
  const { config } = profile
  if (config === undefined) return profile
  return { ...profile, config: resolve(dirname(file), config.replace(/^~(?=[\\/])/, homedir())) }
}

/** Returns the servers of a profile, with the tools that it includes. */
export function serversOf(
  { servers = ['*'], include, exclude }: Profile,
  all: readonly McpOptions[],
): readonly McpOptions[] {
  const isChosen = servers.map(compileWildcard)
  return all
    .filter(({ name }) => isChosen.some((matches) => matches(name)))
    .map((options) => ({
      ...options,
      ...(include !== undefined && { include: narrowed(patternsFor(options.name, include), options.include) }),
      ...(exclude !== undefined && { exclude: [...(options.exclude ?? []), ...patternsFor(options.name, exclude)] }),
    }))
}

/** Returns the tools of a configuration that patterns include, or the patterns if it has no list of its own. */
function narrowed(patterns: readonly string[], own: readonly string[] | undefined): readonly string[] {
  if (own === undefined) return patterns
  const isIncluded = patterns.map(compileWildcard)
  return own.filter((tool) => isIncluded.some((matches) => matches(tool)))
}

/** Returns the parts of patterns of `server.tool` that stand for tools of a server. A pattern may leave out the point. */
const patternsFor = (server: string, patterns: readonly string[]): string[] =>
  patterns.flatMap((pattern) => {
    if (pattern.startsWith(`${server}.`)) return [pattern.slice(server.length + 1)]
    const [name = '', ...tool] = pattern.split('.')
    if (tool.length === 0) return [pattern]
    return compileWildcard(name)(server) ? [tool.join('.')] : []
  })

function assertProfile(profile: unknown, owner: string): Profile {
  if (!isRecord(profile)) throw new UsageError(`${owner} must be an object.`)
  const unknown = Object.keys(profile).find((key) => !KEYS.includes(key))
  if (unknown !== undefined) throw new UsageError(`${owner} has an unknown key "${unknown}"; use ${KEYS.join(', ')}.`)
  for (const key of LISTS) {
    const list = profile[key]
    const plain =
      key === 'servers' || !Array.isArray(list) ? undefined : list.find((each) => !/[.*]/.test(String(each)))
    if (plain !== undefined) throw new UsageError(`${owner}: "${plain}" in "${key}" must be like "server.tool".`)
    if (list !== undefined && !(Array.isArray(list) && list.every((each) => typeof each === 'string')))
      throw new UsageError(`${owner}: "${key}" must be a list of texts, such as ["github.*"].`)
  }
  if (profile.config !== undefined && typeof profile.config !== 'string')
    throw new UsageError(`${owner}: "config" must be the path of a file.`)
  return profile as Profile
}
