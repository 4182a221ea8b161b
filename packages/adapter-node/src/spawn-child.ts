import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process'
import { noteMemoryKills } from './memory-kills.ts'
import { unavailableBy } from './system-shortage.ts'

/**
 * Starts a child process and resolves when the system has started it. Error events of the child and of its streams are
 * handled, so that they do not end the host; the `exit` event reports the end. Attach listeners before the next turn of
 * the event loop.
 *
 * @throws `SandboxError` `SANDBOX_UNAVAILABLE` with the system's reason, such as too many open files
 */
export async function spawnChild(
  command: string,
  args: readonly string[],
  options: SpawnOptions,
): Promise<ChildProcess> {
  noteMemoryKills()
  try {
    const child = spawn(command, args, options)
    const failed = new Promise<Error>((resolve) => {
      child.on('error', resolve)
    })
    // If no descriptors are left for its pipes, Node creates a child without streams.
    const streams = child.stdio as ChildProcess['stdio'] | undefined
    for (const stream of streams ?? []) stream?.on('error', () => {})
    if (child.pid === undefined) throw await failed
    return child
  } catch (error) {
    throw unavailableBy('A process could not be started', error)
  }
}
