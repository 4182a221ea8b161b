import { type ChildProcess, execFile, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { pack } from './support/packed.ts'

const run = promisify(execFile)
const HOST = fileURLToPath(new URL('embedding/docker', import.meta.url))
const MAX_WAIT_MS = 600_000
/** Peers of `@glovebox/isolated-vm` and `@glovebox/workerd`, which a user installs. */
const ENGINES = { 'isolated-vm': '7.0.1', workerd: '1.20261117.1' }

/** Returns the system that Docker runs containers on, or why there is none. */
function dockerSystem(): string {
  try {
    return execFileSync('docker', ['version', '--format', '{{.Server.Os}}'], { encoding: 'utf8', stdio: 'pipe' }).trim()
  } catch (error) {
    return (error as Error & { stderr?: string }).stderr?.trim().split('\n')[0] || 'docker is not installed'
  }
}

const system = dockerSystem()
const reason = system === 'linux' ? '' : ` (skipped, because it needs Docker for Linux: ${system})`

describe.skipIf(system !== 'linux')(`a host in a container${reason}`, { timeout: MAX_WAIT_MS }, () => {
  const image = `glovebox-test-${process.pid}`
  let folder: string

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'glovebox-docker-'))
    const tarballs = await pack(['glovebox'], join(folder, 'packages'))
    await cp(HOST, folder, { recursive: true })
    const files = tarballs.map((file) => `file:packages/${basename(file)}`)
    await writeFile(
      join(folder, 'package.json'),
      JSON.stringify({ private: true, type: 'module', dependencies: ENGINES }),
    )
    await run('npm', ['install', '--package-lock-only', '--no-audit', '--no-fund', ...files], { cwd: folder })
    const { stdout: registry } = await run('npm', ['config', 'get', 'registry'])
    await writeFile(join(folder, '.npmrc'), `registry=${registry}`)
    await run('docker', ['build', '--quiet', '--network', 'host', '--tag', image, folder])
  }, MAX_WAIT_MS)

  afterAll(async () => {
    await run('docker', ['image', 'rm', '--force', image]).catch(() => {})
    await rm(folder, { recursive: true, force: true })
  })

  /** Starts a container without a network, with a read-only file system, as the user of the image. */
  async function start(name: string, sandbox: string): Promise<ChildProcess> {
    const writable = sandbox === 'workerd' ? ['--tmpfs', '/tmp'] : []
    const options = ['--rm', '--name', name, '--network', 'none', '--read-only', ...writable]
    const container = spawn('docker', ['run', ...options, '--env', `SANDBOX=${sandbox}`, image])
    for await (const printed of container.stdout.setEncoding('utf8').iterator({ destroyOnReturn: false })) {
      if (printed.includes('is ready')) return container
    }
    throw new Error(`the container has ended: ${await text(container.stderr)}`)
  }

  it.each(['quickjs', 'isolatedVm', 'workerd'])(
    'runs programs on %s, reaps its processes and drains',
    async (sandbox) => {
      const name = `${image}-${sandbox.toLowerCase()}`
      const container = await start(name, sandbox)
      const ended = once(container, 'exit')
      const { stdout } = await run('docker', ['exec', name, 'node', 'client.mjs'])
      expect(JSON.parse(stdout)).toEqual({
        user: 1000,
        codes: [42, 'LIMIT_CPU', 'LIMIT_CPU'],
        zombies: [],
        last: 'finished',
      })
      expect(await ended).toEqual([0, null])
    },
  )
})
