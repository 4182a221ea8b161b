import { readdirSync, readFileSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import type { Backend } from './backend.ts'

/** The processes that a host's sandboxes run, as Linux tells them. */
export function childrenOf(host: number, backend: Backend): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => parentOf(pid) === host && backend.isWorker(read(`/proc/${pid}/cmdline`) ?? ''))
}

/** @throws if they are still there after ten seconds */
export async function waitForEnd(pids: readonly number[]): Promise<void> {
  for (let tries = 0; tries < 100; tries++) {
    if (pids.every((pid) => !isAlive(pid))) return
    await delay(100)
  }
  throw new Error(`still alive: ${pids.filter(isAlive)}`)
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
    // It has ended in the meantime.
    return undefined
  }
}
