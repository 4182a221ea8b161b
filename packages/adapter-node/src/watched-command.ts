import { existsSync } from 'node:fs'

const SHELL = '/bin/sh'

/**
 * Shell script that starts a watch in the background and then replaces itself with the command. The watch waits until
 * standard input closes, which happens whenever the host ends. It then kills the command, which may be in a loop, and
 * removes its folder.
 */
const WATCH = `exec 4<&0
(read -r _; kill -9 $$; [ -z "$0" ] || rm -rf "$0") <&4 >/dev/null 2>&1 3>&- &
exec "$@" </dev/null 4<&-`

/**
 * Returns a command line whose process ends with its host. The host keeps the process's standard input open as a pipe
 * and closes it once the process has ended. Without a POSIX shell, the command is returned unchanged; its process then
 * has to detect the end of the host.
 *
 * @param folder folder to remove after the end. Default: none.
 */
export function watchedCommand(
  program: string,
  args: readonly string[],
  folder = '',
): [program: string, args: readonly string[]] {
  return existsSync(SHELL) ? [SHELL, ['-c', WATCH, folder, program, ...args]] : [program, args]
}
