import { homedir } from 'node:os'
import { join } from 'node:path'

/** Returns the path of a file in the user's data folder. */
export function dataFile(name: string, { env, platform } = process): string {
  if (platform === 'win32') return join(env.LOCALAPPDATA ?? join(homedir(), 'AppData', 'Local'), 'glovebox', name)
  if (platform === 'darwin') return join(homedir(), 'Library', 'Application Support', 'glovebox', name)
  return join(env.XDG_DATA_HOME ?? join(homedir(), '.local', 'share'), 'glovebox', name)
}
