import type { ChildProcess, SpawnOptions } from 'node:child_process'
import { existsSync } from 'node:fs'
import type { Socket } from 'node:net'
import { spawnChild } from './spawn-child.ts'

const SHELL = '/bin/sh'

/**
 * Shell script that keeps the ids of processes and their folders, as pairs in its arguments. A line `+ <id> <folder>`
 * adds a pair and `- <id>` removes it. Its standard input closes whenever the host ends. It then kills the processes,
 * which may be in a loop, and removes their folders.
 */
const WATCH = `trap '' HUP INT QUIT TERM
while read -r change pid folder; do
  left=$#
  while [ $left -gt 0 ]; do
    [ "$1" = "$pid" ] || set -- "$@" "$1" "$2"
    shift 2
    left=$((left - 2))
  done
  [ "$change" = - ] || set -- "$@" "$pid" "$folder"
done
left=$#
while [ $left -gt 0 ]; do
  kill -9 "$1"
  set -- "$@" "$2"
  shift 2
  left=$((left - 2))
done
for folder; do [ -z "$folder" ] || rm -rf "$folder"; done`

/** Folder of each running child, by process id. */
const folders = new Map<number, string>()
/** Number of children that run or start. */
let users = 0
/** Standard input of the watch. Undefined if none runs. */
let watch: Promise<Socket> | undefined

/**
 * Starts a child process that ends with its host, however the host ends. One more process, the watch, sees the end of
 * the host. Both are children of the host, because a host that is process 1 of its container reaps only its own
 * children. Without a POSIX shell there is no watch, and the process has to detect the end of the host.
 *
 * @param folder folder to remove if the host ends before the child. Default: none.
 * @throws `SandboxError` `SANDBOX_UNAVAILABLE` with the system's reason, such as too many open files
 */
export async function spawnWatchedChild(
  command: string,
  args: readonly string[],
  options: SpawnOptions,
  folder = '',
): Promise<ChildProcess> {
  if (!existsSync(SHELL)) return await spawnChild(command, args, options)
  users++
  try {
    const input = await openWatch()
    const child = await spawnChild(command, args, options)
    const pid = child.pid as number
    folders.set(pid, folder)
    input.write(`+ ${pid} ${folder}\n`)
    child.once('exit', () => {
      folders.delete(pid)
      void release(`- ${pid}\n`)
    })
    return child
  } catch (error) {
    void release('')
    throw error
  }
}

function openWatch(): Promise<Socket> {
  watch ??= startWatch().catch((error: unknown) => {
    watch = undefined
    throw error
  })
  return watch
}

async function startWatch(): Promise<Socket> {
  const child = await spawnChild(SHELL, ['-c', WATCH], { cwd: '/', env: {}, stdio: ['pipe', 'ignore', 'ignore'] })
  const input = child.stdin as Socket
  // The watch does not keep the host process alive.
  child.unref()
  input.unref()
  child.once('exit', () => {
    if (input.writableEnded) return
    // It was killed from outside. If another one cannot be started, the next child starts it.
    watch = undefined
    if (users > 0) openWatch().catch(() => {})
  })
  for (const [pid, folder] of folders) input.write(`+ ${pid} ${folder}\n`)
  return input
}

/** Reports the end of a child to the watch, and ends the watch if no other child runs. */
async function release(line: string): Promise<void> {
  users--
  const isLast = users === 0
  const current = watch
  if (isLast) watch = undefined
  // If the watch could not be started, the child was not started either.
  const input = await current?.catch(() => undefined)
  if (isLast) input?.end(line)
  else input?.write(line)
}
