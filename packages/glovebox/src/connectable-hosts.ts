/** Hosts whose configuration can be changed, with the property that has their servers. */
export const CONNECTABLE = {
  'claude-code': 'mcpServers',
  'claude-desktop': 'mcpServers',
  cursor: 'mcpServers',
  vscode: 'servers',
} as const

export type ConnectableHost = keyof typeof CONNECTABLE

export const CONNECTABLE_HOSTS = Object.keys(CONNECTABLE)
