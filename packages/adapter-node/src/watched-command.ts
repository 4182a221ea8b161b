import { existsSync } from 'node:fs'

const SHELL = '/bin/sh'

/**
 * Replaces the shell by the command, after starting a watch that waits until standard input ends, which it does when the
 * host ends, however it ends. Then it kills the command, which may be in a loop and hear nothing, and removes its folder.
 */
const WATCH = `exec 4<&0
(read -r _; kill -9 $$; [ -z "$0" ] || rm -rf "$0") <&4 >/dev/null 2>&1 3>&- &
exec "$@" </dev/null 4<&-`

/**
 * Returns a command line whose process ends with its host. The host keeps the process's standard input open as a pipe, and
 * closes it once the process has ended. Without a POSIX shell it is the command itself, which then has to notice the end of
 * its host.
 *
 * @param folder removed after the end. Default: none.
 */
export function watchedCommand(
  program: string,
  args: readonly string[],
  folder = '',
): [program: string, args: readonly string[]] {
  return existsSync(SHELL) ? [SHELL, ['-c', WATCH, folder, program, ...args]] : [program, args]
}
