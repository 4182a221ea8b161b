import { existsSync } from 'node:fs'

const SHELL = '/bin/sh'

/**
 * Replaces the shell by the command, after starting a watch that waits until standard input ends, which it does when the
 * host ends, however it ends. Then it kills the command, which may be in a loop and hear nothing.
 */
const WATCH = `exec 4<&0
(read -r _; kill -9 $$) <&4 >/dev/null 2>&1 3>&- &
exec "$@" </dev/null 4<&-`

/**
 * A command line whose process ends with its host. The host keeps the process's standard input open as a pipe, and closes
 * it once the process has ended. Without a POSIX shell, the command itself: it then has to notice the end of its host.
 */
export function watchedCommand(program: string, args: readonly string[]): [program: string, args: string[]] {
  return existsSync(SHELL) ? [SHELL, ['-c', WATCH, SHELL, program, ...args]] : [program, [...args]]
}
