/** How a host keeps its servers. */
export interface ConnectableHostFile {
  readonly format: 'json' | 'toml'
  /** Property or table with the servers. */
  readonly key: string
}

/** Hosts whose configuration can be changed. */
export const CONNECTABLE = {
  'claude-code': { format: 'json', key: 'mcpServers' },
  'claude-desktop': { format: 'json', key: 'mcpServers' },
  cursor: { format: 'json', key: 'mcpServers' },
  vscode: { format: 'json', key: 'servers' },
  windsurf: { format: 'json', key: 'mcpServers' },
  'gemini-cli': { format: 'json', key: 'mcpServers' },
  zed: { format: 'json', key: 'context_servers' },
  codex: { format: 'toml', key: 'mcp_servers' },
} as const satisfies Readonly<Record<string, ConnectableHostFile>>

export type ConnectableHost = keyof typeof CONNECTABLE

export const CONNECTABLE_HOSTS = Object.keys(CONNECTABLE)
