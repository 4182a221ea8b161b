import type { McpOptions } from '../contract/options.ts'
import type { McpInput } from './placeholders.ts'

/** Error for a configuration file that cannot be read. The message names the file and what to change. */
export class McpConfigError extends Error {
  override readonly name = 'McpConfigError'
  readonly code = 'MCP_CONFIG_INVALID'
}

/** Options of {@link readMcpConfig}. */
export interface ReadConfigOptions {
  /** Folder of the project, for `${workspaceFolder}` and relative paths. Default: the working directory. */
  readonly cwd?: string
  /** Environment variables. Default: those of the process. */
  readonly env?: Readonly<Record<string, string | undefined>>
  /** Content of the file, if it has been read before. Default: it is read. */
  readonly text?: string
  /** Asks for a value that the file does not contain (`${input:id}`). Default: such a server cannot be used. */
  readonly ask?: (input: McpInput) => Promise<string>
}

/** A server of a configuration file: its options, or why it cannot be used. */
export type ConfiguredServer = {
  readonly name: string
  /** Whether the file switches the server off. Its options are not read then. */
  readonly isEnabled: boolean
} & (
  | { readonly options: McpOptions; readonly error?: undefined }
  | { readonly options?: undefined; readonly error?: McpConfigError }
)

/** Hosts whose configuration files are read. */
export const MCP_HOSTS = [
  'claude-desktop',
  'claude-code',
  'cursor',
  'vscode',
  'windsurf',
  'gemini-cli',
  'codex',
  'zed',
  'opencode',
] as const

/** Host whose configuration files are read. */
export type McpHost = (typeof MCP_HOSTS)[number]

/** A configuration file of a host on this machine. */
export interface McpConfigFile {
  readonly host: McpHost
  readonly file: string
  /** Whether the file belongs to a project, and so may come from somebody else. */
  readonly isOfProject: boolean
}

/** Where to look for configuration files. */
export interface FindOptions {
  /** Folder of the project. Default: the working directory. */
  readonly cwd?: string
  /** Folder of the user. Default: that of the process. */
  readonly home?: string
  /** Environment variables. Default: those of the process. */
  readonly env?: Readonly<Record<string, string | undefined>>
  readonly platform?: NodeJS.Platform
}

/**
 * Reads the servers of a configuration file: `mcp.json`, or the file of Claude Desktop, Claude Code, Cursor, VS Code,
 * Windsurf, Gemini CLI, Codex, Zed or OpenCode. Nothing is started.
 *
 * @throws `McpConfigError` if the file cannot be read. A server that cannot be used has an `error` instead.
 */
export async function readMcpConfig(file: string, options?: ReadConfigOptions): Promise<readonly ConfiguredServer[]> {
  const { readConfig } = await import('./read-config.ts')
  return await readConfig(file, options)
}

/** Returns the configuration files of hosts that exist on this machine, those of the project first. */
export async function findMcpConfigs(options?: FindOptions): Promise<McpConfigFile[]> {
  const { findConfigs } = await import('./hosts.ts')
  return findConfigs(options)
}

/**
 * Reads the entries of the servers in a configuration file as they are, without those that are switched off.
 *
 * @throws `McpConfigError` if the file cannot be read
 */
export async function readMcpServers(
  file: string,
  options?: Pick<ReadConfigOptions, 'cwd' | 'text'>,
): Promise<Readonly<Record<string, unknown>>> {
  const { readEntries } = await import('./read-config.ts')
  return await readEntries(file, options)
}
