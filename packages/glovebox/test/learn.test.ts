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

  it.each([
    [['learn', 'git.stauts'], 'git.stauts matches no tool. List them with: glovebox types'],
    [['types', '--shapes', 'missing.json'], 'The shapes in missing.json cannot be read'],
    [['types', '--shapes', 'broken.json'], 'The shapes in broken.json cannot be read: invalid shape'],
  ])('reports invalid usage: %s', async (args, message) => {
    await using project = new Project()
    project.write('broken.json', {
      version: 1,
      shapes: { 'git.status': { digest: 'x', results: 1, shape: { type: 5 } } },
    })
    expect(await project.run(args)).toMatchObject({ code: 2, stderr: expect.stringContaining(message) })
  })
})

describe('glovebox run', () => {
  it('learns the types of results unless it is told not to', async () => {
    await using project = new Project()
    const program = 'return (await git.push()).pushed'
    expect(await project.run(['run', '-', '--no-learn', '-q'], program)).toMatchObject({ code: 0, stdout: 'true\n' })
    expect((await project.run(['types'])).stdout).not.toContain('pushed')
    expect(await project.run(['run', '-', '-q'], program)).toMatchObject({ code: 0, stdout: 'true\n', stderr: '' })
    expect((await project.run(['types'])).stdout).toContain('Promise<{ pushed?: boolean }>')
  })
})
