import { cpSync, mkdirSync, realpathSync, rmSync, symlinkSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { Directory, glovebox, run } from './support.ts'

const packages = dirname(dirname(dirname(fileURLToPath(import.meta.url))))

/** Installs the packages without isolated-vm and workerd, and returns the path of the command. */
function installWithout(directory: Directory): string {
  const modules = join(directory.path, 'node_modules')
  for (const name of ['core', 'adapter-node', 'quickjs', 'mcp', 'isolated-vm', 'workerd', 'glovebox']) {
    const target = join(modules, name === 'glovebox' ? name : `@glovebox/${name}`)
    mkdirSync(dirname(target), { recursive: true })
    cpSync(join(packages, name), target, {
      recursive: true,
      filter: (from) => !/\/(?:node_modules|src|test)(?:\/|$)/.test(from.slice(packages.length)),
    })
    linkDependencies(join(packages, name, 'node_modules'), modules)
  }
  return join(modules, 'glovebox/dist/cli.js')
}

function linkDependencies(from: string, to: string): void {
  const names = ['commander', 'typebox', 'amaro', 'acorn', 'fastest-levenshtein', 'ws']
  const scoped = ['@jitl/quickjs-wasmfile-release-sync', '@jridgewell/trace-mapping', '@modelcontextprotocol/client']
  for (const name of [...names, ...scoped]) {
    try {
      const source = realpathSync(join(from, name))
      mkdirSync(dirname(join(to, name)), { recursive: true })
      rmSync(join(to, name), { force: true })
      symlinkSync(source, join(to, name))
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    }
  }
}

describe('glovebox doctor', () => {
  it('reports which sandboxes run here, and which one is the default', async () => {
    const { code, stdout, stderr } = await glovebox(['doctor'])
    expect([code, stderr]).toEqual([0, ''])
    expect(stdout).toMatch(/^Node \d+\.\d+\.\d+, \w+ \w+$/m)
    expect(stdout).toMatch(
      /^✓ isolated-vm {2}runs here \(the default\); first program \d+ ms\n {15}boundary process, /m,
    )
    expect(stdout).toMatch(/^✓ workerd {6}runs here; first program \d+ ms\n {15}boundary process, /m)
    expect(stdout).toMatch(/^✓ quickjs {6}runs here; first program \d+ ms\n {15}boundary thread, /m)
    const json = JSON.parse((await glovebox(['doctor', '--json'])).stdout)
    expect(json).toMatchObject({ default: 'isolated-vm', sandboxes: [{ runs: true }, { runs: true }, { runs: true }] })
  })

  it('reports why a sandbox does not run, and programs use the next one', async () => {
    await using directory = new Directory()
    const cli = installWithout(directory)
    const env = { NODE_PATH: '' }
    const found = await glovebox(['doctor'], { cwd: directory.path, env, cli })
    expect(found.code).toBe(0)
    expect(found.stdout).toMatch(/^✗ isolated-vm {2}isolated-vm is not installed: run `npm install isolated-vm@\d`$/m)
    expect(found.stdout).toMatch(/^✗ workerd {6}workerd is not installed: run `npm install workerd@[\d.]+`$/m)
    expect(found.stdout).toMatch(/^✓ quickjs {6}runs here \(the default\)/m)
    const ran = await run('return 5', ['--json'], { cwd: directory.path, env, cli })
    expect(JSON.parse(ran.stdout)).toMatchObject({ ok: true, value: 5, sandbox: 'quickjs' })
    const asked = await run('return 5', ['--sandbox', 'isolated-vm'], { cwd: directory.path, env, cli })
    expect([asked.code, asked.stdout]).toEqual([5, ''])
    expect(asked.stderr).toMatch(/^error isolated-vm is not installed: run `npm install/)
  })
})

describe('glovebox run', () => {
  it('uses the sandbox from --sandbox, and reports its name', async () => {
    for (const sandbox of ['isolated-vm', 'workerd', 'quickjs']) {
      const { code, stdout } = await run('return 1', ['--json', '--sandbox', sandbox])
      expect(code).toBe(0)
      expect(JSON.parse(stdout)).toMatchObject({ value: 1, sandbox })
    }
    const { code, stderr } = await run('return 1', ['--sandbox', 'magic'])
    expect(code).toBe(2)
    expect(stderr).toMatch(/isolated-vm, workerd, quickjs/)
  })
})
