import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { processTree } from '@glovebox/testing/process-tree'
import { waitForEnd } from '@glovebox/testing/processes'
import { describe, expect, it, vi } from 'vitest'
import { spawnWatchedChild } from '../src/watched-child.ts'

const LOOP = ['-e', 'process.send("up"); for (;;) {}']
const parentOf = (pid: number) => Number(/^PPid:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1])
const others = () => processTree().filter(({ pid }) => pid !== process.pid)
const watches = () => others().filter(({ command }) => command.startsWith('/bin/sh'))

async function startLoop() {
  const child = await spawnWatchedChild(process.execPath, LOOP, { stdio: ['ignore', 'ignore', 'ignore', 'ipc'] })
  await once(child, 'message')
  return child
}

describe.skipIf(process.platform !== 'linux')('watched children', () => {
  it('and their only watch are children of the host, because a process 1 reaps no other processes', async () => {
    const children = await Promise.all([startLoop(), startLoop()])
    expect(others().map(({ pid }) => parentOf(pid))).toEqual([process.pid, process.pid, process.pid])
    children[0].kill('SIGKILL')
    await vi.waitFor(() => expect(others()).toHaveLength(2), 10_000)
    children[1].kill('SIGKILL')
    await vi.waitFor(() => expect(others()).toEqual([]), 10_000)
  })

  it('get another watch if theirs is killed', async () => {
    const child = await startLoop()
    const [first] = watches()
    process.kill(first?.pid as number, 'SIGKILL')
    await vi.waitFor(() => expect(watches().map(({ pid }) => pid !== first?.pid)).toEqual([true]), 10_000)
    child.kill('SIGKILL')
    await vi.waitFor(() => expect(others()).toEqual([]), 10_000)
  })

  it('leave no watch if they cannot be started', async () => {
    const spawning = spawnWatchedChild('/nowhere/at-all', [], { stdio: 'ignore' })
    await expect(spawning).rejects.toMatchObject({ code: 'SANDBOX_UNAVAILABLE' })
    await vi.waitFor(() => expect(others()).toEqual([]), 10_000)
  })

  it('end with their host, and their folders are removed', async () => {
    const base = mkdtempSync(join(tmpdir(), 'glovebox-watched-'))
    const start = `
      import { mkdirSync } from 'node:fs'
      import { spawnWatchedChild } from '@glovebox/adapter-node'
      const start = async (name, ...args) => {
        mkdirSync(name)
        const options = { stdio: ['ignore', 'ignore', 'ignore', 'ipc'] }
        const child = await spawnWatchedChild(process.execPath, args, options, name)
        await new Promise((resolve) => child.once('message', resolve).once('exit', resolve))
        return child.pid
      }
      const folders = ['a', 'with a space', 'ended'].map((name) => ${JSON.stringify(base)} + '/' + name)
      const pids = [await start(folders[0], ...${JSON.stringify(LOOP)}), await start(folders[1], ...${JSON.stringify(LOOP)})]
      await start(folders[2], '-e', '')
      console.log(pids.join())
      setInterval(() => {}, 1_000)`
    const host = spawn(process.execPath, ['--input-type=module', '--eval', start], {
      cwd: import.meta.dirname,
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const [printed] = await once(host.stdout, 'data')
    const pids = String(printed).split(',').map(Number)
    expect(pids).toHaveLength(2)
    host.kill('SIGKILL')
    await waitForEnd(pids)
    await vi.waitFor(() => expect(readdirSync(base)).toEqual(['ended']), 10_000)
    rmSync(base, { recursive: true })
  })
})
