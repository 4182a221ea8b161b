import { describe, expect, it } from 'vitest'
import { Directory, fixtureFlag, glovebox, run } from './support.ts'

const SERVER = ['-s', fixtureFlag('fixture')]
const PROGRAM = "console.log('before'); const about = await fixture.about({}); return Object.keys(about).length > 0"

/** Runs a program that waits for approval, and returns the id of its run. */
async function waiting(cwd: string, program = PROGRAM): Promise<string> {
  const { code, stdout, stderr } = await run(program, [...SERVER, '--ask', 'fixture.*', '--store', 'runs.db'], { cwd })
  expect({ code, stdout }).toEqual({ code: 6, stdout: '' })
  expect(stderr).toContain('waiting for a decision on call 1 of fixture.about')
  const [, id] = /glovebox resume (\S+)/.exec(stderr) ?? []
  return id as string
}

const runs = (cwd: string, ...args: string[]) => glovebox(['runs', ...args, '--store', 'runs.db'], { cwd })
const resume = (cwd: string, id: string, ...args: string[]) =>
  glovebox(['resume', id, ...SERVER, '--store', 'runs.db', ...args], { cwd })

describe('glovebox runs', () => {
  it('approves a call of another process, which then goes on', async () => {
    await using directory = new Directory()
    const { path } = directory
    const id = await waiting(path)
    const shown = await runs(path, 'show', id)
    expect(shown.code).toBe(0)
    for (const text of ['suspended', PROGRAM, 'fixture.about', `glovebox runs approve ${id} 1`])
      expect(shown.stdout).toContain(text)
    expect(await resume(path, id, '-q')).toMatchObject({ code: 6 })
    expect(await runs(path, 'approve', id, '1', '--note', 'seen')).toMatchObject({ code: 0, stdout: '' })
    const resumed = await resume(path, id)
    expect(resumed).toMatchObject({ code: 0, stdout: 'true\n' })
    expect(resumed.stderr).not.toContain('before')
    expect((await runs(path, 'show', id)).stdout).toMatch(/decided by .*: seen/)
    expect(await resume(path, id, '-q')).toEqual({ code: 0, stdout: 'true\n', stderr: '' })
  })

  it('denies a call with a reason', async () => {
    await using directory = new Directory()
    const { path } = directory
    const id = await waiting(path)
    expect(await runs(path, 'deny', id, '1', '--reason', 'not today')).toMatchObject({ code: 0 })
    const { code, stderr } = await resume(path, id)
    expect(code).toBe(1)
    expect(stderr).toContain('TOOL_DENIED')
    expect(stderr).toContain('not today')
  })

  it('asks again about later calls, though the rules are not repeated', async () => {
    await using directory = new Directory()
    const { path } = directory
    const id = await waiting(path, 'await fixture.about({}); await fixture.about({}); return 1')
    await runs(path, 'approve', id, '1')
    const { code, stderr } = await resume(path, id)
    expect(code).toBe(6)
    expect(stderr).toContain('call 2 of fixture.about')
  })

  it('lists runs, as text and as JSON, and deletes them', async () => {
    await using directory = new Directory()
    const { path } = directory
    await run('return 1', ['--store', 'runs.db', '-q'], { cwd: path })
    const id = await waiting(path)
    expect((await runs(path, 'list')).stdout.split('\n')).toHaveLength(3)
    const listed = await runs(path, 'list', '--json', '--status', 'suspended')
    expect(JSON.parse(listed.stdout)).toMatchObject({ run: id, status: 'suspended' })
    expect(await runs(path, 'delete', id)).toMatchObject({ code: 0 })
    expect((await runs(path, 'list')).stdout).not.toContain(id)
    const gone = await runs(path, 'show', id)
    expect(gone).toMatchObject({ code: 2, stdout: '' })
    expect(gone.stderr).toContain(`There is no run ${id}`)
  })

  it('exits with 2 and says what is possible', async () => {
    await using directory = new Directory()
    const { path } = directory
    expect(await runs(path, 'list')).toMatchObject({ code: 0, stderr: expect.stringContaining('There are no runs') })
    const id = await waiting(path)
    const wrong: [string[], string][] = [
      [['approve', id, '2'], 'these do: 1 (fixture.about)'],
      [['approve', id, '1', '--edit', '{'], '--edit must be JSON'],
      [['resolve', id, '1'], 'Pass one of --retry'],
      [['resolve', id, '1', '--retry'], 'a decision is'],
      [['list', '--status', 'lost'], 'Allowed choices'],
    ]
    for (const [args, message] of wrong) {
      const { code, stderr } = await runs(path, ...args)
      expect(code).toBe(2)
      expect(stderr).toContain(message)
      expect(stderr).not.toMatch(/^ +at /m)
    }
    directory.write('text.db', 'this is no database, but a text that is long enough to be read as one')
    const text = await glovebox(['runs', 'list', '--store', 'text.db'], { cwd: path })
    expect(text).toMatchObject({ code: 2, stderr: expect.stringContaining('file is not a database') })
  })
})

describe('glovebox replay', () => {
  it('repeats a run on another sandbox, and shows what another output changes', async () => {
    await using directory = new Directory()
    const { path } = directory
    const program = "const { name } = await fixture.about({}); console.log('got', typeof name); return [name]"
    const { stdout } = await run(program, [...SERVER, '--store', 'runs.db', '--sandbox', 'quickjs', '-q'], {
      cwd: path,
    })
    const [id] = /\S+$/m.exec((await runs(path, 'list')).stdout) ?? []
    const replay = (...args: string[]) =>
      glovebox(['replay', id as string, '--store', 'runs.db', ...args], { cwd: path })
    expect(await replay('--sandbox', 'isolated-vm')).toEqual({
      code: 0,
      stdout: 'isolated-vm repeats the run exactly\n',
      stderr: '',
    })
    expect((await replay('--edit', '1={"name":"other"}', '-q')).stdout).toBe("[ 'other' ]\n")
    expect((await replay('--edit', '2=1')).stderr).toContain('The run has no call 2')
    expect((await replay('--edit', 'one')).stderr).toContain('--edit must be call=json')
    expect(stdout).not.toBe('')
  })
})
