import { existsSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import type { FindOptions, McpConfigFile, McpHost } from './config.ts'

/** Implements `findMcpConfigs()`. */
export function findConfigs(options: FindOptions = {}): McpConfigFile[] {
  return placesOf(options).filter(({ file }) => existsSync(file))
}

function placesOf({
  cwd = process.cwd(),
  home = homedir(),
  env = process.env,
  platform = process.platform,
}: FindOptions) {
  const data =
    platform === 'darwin'
      ? join(home, 'Library', 'Application Support')
      : platform === 'win32'
        ? (env.APPDATA ?? join(home, 'AppData', 'Roaming'))
        : (env.XDG_CONFIG_HOME ?? join(home, '.config'))
  const config = env.XDG_CONFIG_HOME ?? join(home, '.config')
  const zed = platform === 'win32' ? join(data, 'Zed') : join(config, 'zed')
  const ofProject: [McpHost, string][] = [
    ['claude-code', '.mcp.json'],
    ['cursor', '.cursor/mcp.json'],
    ['vscode', '.vscode/mcp.json'],
    ['gemini-cli', '.gemini/settings.json'],
    ['codex', '.codex/config.toml'],
    ['zed', '.zed/settings.json'],
    ['opencode', 'opencode.json'],
    ['opencode', 'opencode.jsonc'],
  ]
  const ofUser: [McpHost, string][] = [
    ['claude-desktop', join(data, 'Claude', 'claude_desktop_config.json')],
    ['claude-code', join(home, '.claude.json')],
    ['cursor', join(home, '.cursor', 'mcp.json')],
    ['vscode', join(data, 'Code', 'User', 'mcp.json')],
    ['windsurf', join(home, '.codeium', 'windsurf', 'mcp_config.json')],
    ['gemini-cli', join(home, '.gemini', 'settings.json')],
    ['codex', join(env.CODEX_HOME ?? join(home, '.codex'), 'config.toml')],
    ['zed', join(zed, 'settings.json')],
    ['opencode', join(config, 'opencode', 'opencode.json')],
    ['opencode', join(config, 'opencode', 'opencode.jsonc')],
  ]
  return [
    ...ofProject.map(([host, file]): McpConfigFile => ({ host, file: join(cwd, file), isOfProject: true })),
    ...ofUser.map(([host, file]): McpConfigFile => ({ host, file, isOfProject: false })),
  ]
}
