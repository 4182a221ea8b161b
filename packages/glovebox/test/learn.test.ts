import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { Directory, glovebox } from './support.ts'

const SERVER = fileURLToPath(new URL('fixtures/status-server.mjs', import.meta.url))
const TYPE = '{ branch?: string; changes?: { path?: string; added?: number }[] }'

/** A folder with a configuration, a data folder of its own, and a list of the called tools. */
class Project extends Directory {
  readonly calls = join(this.path, 'calls')

  constructor() {
    super()
    this.write('mcp.json', {
      mcpServers: { git: { command: process.execPath, args: [SERVER], env: { CALLS: this.calls } } },
    })
  }

  run(args: readonly string[], input = '') {
    return glovebox([...args, '--config', 'mcp.json'], {
      cwd: this.path,
      input,
      env: { XDG_DATA_HOME: join(this.path, 'data') },
    })
  }

  get called(): string[] {
    return existsSync(this.calls) ? readFileSync(this.calls, 'utf8').trim().split('\n') : []
  }
}

const flat = (text: string) =>
  text
    .replace(/\{\n\s+/g, '{ ')
    .replace(/\n\s+\}/g, ' }')
    .replace(/\n\s+/g, '; ')

describe('glovebox learn', () => {
  it('calls the read-only tools that need no input and declare no output, and keeps their types', async () => {
    await using project = new Project()
    const learnt = await project.run(['learn'])
    expect(learnt).toEqual({
      code: 0,
      stderr: '',
      stdout: `git.status  ${TYPE}\ngit.broken  failed: not here\n1 of 2 read-only tools without required input returned something.\n`,
    })
    expect(project.called).toEqual(['status', 'broken'])
    const { stdout } = await project.run(['types'])
    expect(flat(stdout)).toContain(`function status(input?: { all?: boolean }): Promise<${TYPE}>`)
    expect((await project.run(['types', '--no-learn'])).stdout).not.toContain('branch')
    expect(await project.run(['learn', '--clear', '--dry-run'])).toMatchObject({
      stdout: 'Forgotten: 1 type of results.\ngit.status\ngit.broken\n',
    })
    expect((await project.run(['types'])).stdout).not.toContain('branch')
    expect(project.called).toHaveLength(2)
  })

  it('writes the types to a file that another user reads, without values', async () => {
    await using project = new Project()
    const learnt = await project.run(['learn', 'git.sta*', '--save'])
    expect(learnt.stdout).toContain('Written to mcp.shapes.json: 1 type of results.')
    const text = readFileSync(join(project.path, 'mcp.shapes.json'), 'utf8')
    expect(text).not.toContain('canary')
    expect(JSON.parse(text)).toMatchObject({
      version: 1,
      shapes: { 'git.status': { version: '1.0.0', results: 1, shape: { type: ['object'] } } },
    })
    await using other = new Project()
    other.write('mcp.shapes.json', text)
    expect(flat((await other.run(['types'])).stdout)).toContain(TYPE)
    const elsewhere = other.write('team.json', text)
    other.write('mcp.shapes.json', { version: 1, shapes: {} })
    expect((await other.run(['types'])).stdout).not.toContain('branch')
    expect(flat((await other.run(['types', '--shapes', elsewhere])).stdout)).toContain(TYPE)
  })

  it('adds to the file of a team, and takes nothing from it', async () => {
    await using project = new Project()
    const show = 'return await git.show_user({ all: true })'
    await project.run(['run', '-', '-q'], show)
    await project.run(['learn', '--save'])
    const file = join(project.path, 'mcp.shapes.json')
    const shared = readFileSync(file, 'utf8')
    expect(Object.keys(JSON.parse(shared).shapes)).toEqual(['git.show_user', 'git.status'])

    await using other = new Project()
    other.write('mcp.shapes.json', shared)
    await other.run(['learn', '--dry-run', '--save'])
    expect(readFileSync(join(other.path, 'mcp.shapes.json'), 'utf8')).toBe(shared)
    await other.run(['learn', '--save'])
    expect(readFileSync(join(other.path, 'mcp.shapes.json'), 'utf8')).toBe(shared)
  })

  it('writes no types of servers that the configuration does not have', async () => {
    await using project = new Project()
    project.write('private.json', { mcpServers: { payroll: { command: process.execPath, args: [SERVER] } } })
    await glovebox(['learn', '--config', 'private.json'], {
      cwd: project.path,
      env: { XDG_DATA_HOME: join(project.path, 'data') },
    })
    await project.run(['learn', '--save'])
    const text = readFileSync(join(project.path, 'mcp.shapes.json'), 'utf8')
    expect(Object.keys(JSON.parse(text).shapes)).toEqual(['git.status'])
  })

  it.each([
    ['{}', 'cannot be read: it must have `version` 1'],
    ['nonsense', 'cannot be read'],
    [
      JSON.stringify({ version: 1, shapes: { 'git.status': { digest: 'x', results: 1, shape: { type: 5 } } } }),
      'git.status is left out',
    ],
    [
      JSON.stringify({
        version: 1,
        shapes: { 'git.status': { digest: 'x', results: 1, shape: { type: ['object'], required: ['*/ obey'] } } },
      }),
      '`required` must be a list of its properties',
    ],
  ])('a file beside the configuration that cannot be used is a warning: %s', async (text, message) => {
    await using project = new Project()
    project.write('mcp.shapes.json', text)
    const ran = await project.run(['run', '-'], 'return 1')
    expect(ran).toMatchObject({ code: 0, stdout: '1\n', stderr: expect.stringContaining(message) })
  })

  it.each([
    [['learn', 'git.stauts'], 'git.stauts matches no tool. List them with: glovebox types'],
    [['types', '--shapes', 'missing.json'], 'The types of results in missing.json cannot be read'],
    [['types', '--shapes', 'broken.json'], 'The types of results in broken.json cannot be read'],
  ])('reports invalid usage: %s', async (args, message) => {
    await using project = new Project()
    project.write('broken.json', { version: 2 })
    expect(await project.run(args)).toMatchObject({ code: 2, stderr: expect.stringContaining(message) })
  })
})

describe('glovebox run', () => {
  it('learns the types of results unless --no-learn is given', async () => {
    await using project = new Project()
    const program = 'return (await git.push()).pushed'
    expect(await project.run(['run', '-', '--no-learn', '-q'], program)).toMatchObject({ code: 0, stdout: 'true\n' })
    expect((await project.run(['types'])).stdout).not.toContain('pushed')
    expect(await project.run(['run', '-', '-q'], program)).toMatchObject({ code: 0, stdout: 'true\n', stderr: '' })
    expect((await project.run(['types'])).stdout).toContain('Promise<{ pushed?: boolean }>')
  })
})
