import { readdirSync, readFileSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import type { ProcessBackend } from './process-backend.ts'

/** Returns the processes that the sandboxes of a host run, from `/proc`. */
export function childrenOf(host: number, backend: ProcessBackend): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => parentOf(pid) === host && backend.isWorker(read(`/proc/${pid}/cmdline`) ?? ''))
}

/**
 * Waits until processes have exited.
 *
 * @throws if they still run after ten seconds
 */
export async function waitForEnd(pids: readonly number[]): Promise<void> {
  for (let tries = 0; tries < 100; tries++) {
    if (pids.every((pid) => !isAlive(pid))) return
    await delay(100)
  }
  throw new Error(`still running: ${pids.filter(isAlive)}`)
}

function parentOf(pid: number): number | undefined {
  const [, parent] = /^PPid:\s+(\d+)/m.exec(read(`/proc/${pid}/status`) ?? '') ?? []
  return parent === undefined ? undefined : Number(parent)
}

function isAlive(pid: number): boolean {
  const state = /^State:\s+(\w)/m.exec(read(`/proc/${pid}/status`) ?? '')?.[1]
  return state !== undefined && state !== 'Z'
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    // The process has exited in the meantime.
    return undefined
  }
}
