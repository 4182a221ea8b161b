import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { Directory, eventually, FIXTURE, fixtureFlag, glovebox, isAlive, pidsIn, publicFlag, run } from './support.ts'

const CONTROLS = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/

describe('glovebox', () => {
  it('prints its help, with the commands and every exit code', async () => {
    const { code, stdout, stderr } = await glovebox(['--help'])
    expect(code).toBe(0)
    expect(stderr).toBe('')
    for (const word of ['run', 'types', '--version', 'Exit codes', '130']) expect(stdout).toContain(word)
  })

  it.each(['run', 'types'])('prints the help of %s, with an example', async (command) => {
    const { code, stdout } = await glovebox([command, '--help'])
    expect(code).toBe(0)
    expect(stdout).toContain('--server')
    expect(stdout).toMatch(/Examples?:\n {2}glovebox /)
  })

  it('prints the version of its package', async () => {
    const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
      version: string
    }
    expect(await glovebox(['--version'])).toEqual({ code: 0, stdout: `${version}\n`, stderr: '' })
  })

  it.each([[[]], [['fly']], [['run']], [['run', '-', '--fast']], [['run', 'a.ts', 'b.ts']], [['run', '-', '--limit']]])(
    'exits with 2 for the wrong usage %j and prints an error',
    async (args) => {
      const { code, stdout, stderr } = await glovebox(args)
      expect(code).toBe(2)
      expect(stdout).toBe('')
      expect(stderr).not.toBe('')
      expect(stderr).not.toMatch(/^ +at /m)
    },
  )
})

describe('glovebox run', () => {
  it('runs a file of TypeScript and prints its value', async () => {
    await using directory = new Directory()
    directory.write(
      'program.ts',
      'const numbers: number[] = [1, 2, 3]\nreturn { sum: numbers.reduce((a, b) => a + b, 0), at: new Date(0) }',
    )
    expect(await glovebox(['run', 'program.ts'], { cwd: directory.path })).toEqual({
      code: 0,
      stdout: '{ sum: 6, at: 1970-01-01T00:00:00.000Z }\n',
      stderr: '',
    })
  })

  it('runs a program from standard input, and prints a string without quotes', async () => {
    expect(await run(`return 'line one\\nline two'`)).toEqual({ code: 0, stdout: 'line one\nline two\n', stderr: '' })
  })

  it('calls the tools of a server and reports each call on standard error', async () => {
    const { code, stdout, stderr } = await run(`console.log('hello'); return await everything.getSum({ a: 2, b: 3 })`, [
      '-s',
      publicFlag('everything'),
    ])
    expect(code).toBe(0)
    expect(stdout).toContain('5')
    expect(stderr).toMatch(/^hello\n→ everything\.getSum\n✓ everything\.getSum \d+ ms\n$/)
  })

  it('prints nothing but the result with --quiet', async () => {
    const { code, stdout, stderr } = await run(`console.error('hello'); await fixture.about({}); return 7`, [
      '--quiet',
      '-s',
      fixtureFlag('fixture'),
    ])
    expect({ code, stdout, stderr }).toEqual({ code: 0, stdout: '7\n', stderr: '' })
  })

  it('prints the error of a failed program despite --quiet', async () => {
    const { code, stdout, stderr } = await run(`throw new RangeError('too far')`, ['-q'])
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
    expect(stderr).toContain('RangeError: too far')
  })

  it('prints the complete result as one line of JSON with --json', async () => {
    const { code, stdout } = await run(
      `console.warn('careful'); await fixture.about({}); return { big: 12n, none: undefined, at: new Date(0), list: [1, 'two\\n'] }`,
      ['--json', '-s', fixtureFlag('fixture')],
    )
    expect(code).toBe(0)
    expect(stdout.trimEnd()).not.toContain('\n')
    expect(JSON.parse(stdout)).toMatchObject({
      ok: true,
      value: { big: '12', none: null, at: '1970-01-01T00:00:00.000Z', list: [1, 'two\n'] },
      logs: [{ level: 'warn', text: 'careful', timeMs: expect.any(Number) }],
      calls: [{ id: 1, tool: 'fixture.about', outcome: 'returned' }],
      usage: { toolCalls: 1, wallTimeMs: expect.any(Number) },
    })
  })

  it('prints a failure as one line of JSON too, with the exit code of the failure', async () => {
    const { code, stdout } = await run(`\n  throw new TypeError('wrong')`, ['--json'])
    expect(code).toBe(1)
    expect(stdout.trimEnd()).not.toContain('\n')
    expect(JSON.parse(stdout)).toMatchObject({
      ok: false,
      error: { code: 'CODE_THREW', name: 'TypeError', message: 'wrong', line: 2 },
    })
  })

  it('prints the JSON value null if the program returns nothing', async () => {
    expect(JSON.parse((await run('for (const unused of []) unused', ['--json'])).stdout)).toMatchObject({
      ok: true,
      value: null,
    })
  })

  it('prints bytes as base64 with --json', async () => {
    const { stdout } = await run('return { bytes: new Uint8Array([1, 2, 255]) }', ['--json'])
    expect(JSON.parse(stdout)).toMatchObject({ value: { bytes: 'AQL/' } })
  })

  it('prints all of a long value to a pipe', async () => {
    const { stdout } = await run('return Array.from({ length: 1_500 }, (_, at) => at)')
    expect(stdout).toContain('1499')
    expect(stdout).not.toContain('more items')
  })

  it.each([
    ['an empty program', '  \n', [], 2, 'USAGE'],
    ['a server that does not start', 'return 1', ['-s', 'none=/does/not/exist'], 4, 'MCP_UNAVAILABLE'],
    ['a header for a command', 'return 1', ['-s', fixtureFlag('fixture'), '-H', 'fixture=X-Key: abc'], 2, 'USAGE'],
    ['a header for no server', 'return 1', ['-H', 'none=X-Key: abc'], 2, 'USAGE'],
    ['a header that cannot be read', 'return 1', ['-H', 'none'], 2, 'USAGE'],
  ])('prints the reason as JSON with --json for %s', async (_, program, args, exitCode, errorCode) => {
    const { code, stdout, stderr } = await run(program, ['--json', ...args])
    expect(code).toBe(exitCode)
    expect(JSON.parse(stdout)).toMatchObject({ status: 'failed', ok: false, error: { code: errorCode } })
    expect(stderr).not.toBe('')
    expect(stdout + stderr).not.toContain('abc')
  })

  it('prints only the JSON, even with a server that offers no tools', async () => {
    await using directory = new Directory()
    const server = directory.write(
      'toolless.mjs',
      `import { createInterface } from 'node:readline'
      createInterface({ input: process.stdin }).on('line', (line) => {
        const { id, method, params } = JSON.parse(line)
        const result = { protocolVersion: params?.protocolVersion, capabilities: {}, serverInfo: { name: 'none', version: '1' } }
        if (id === undefined) return
        const answer = method === 'initialize' ? { result } : { error: { code: -32601, message: 'Method not found' } }
        process.stdout.write(JSON.stringify({ jsonrpc: '2.0', id, ...answer }) + '\\n')
      })`,
    )
    const { code, stdout } = await run('return 1', ['--json', '-s', `none="${process.execPath}" "${server}"`])
    expect(code).toBe(0)
    expect(JSON.parse(stdout)).toMatchObject({ ok: true, value: 1 })
  })
})

describe('the exit code', () => {
  it.each([
    ['has a syntax error', 'return (', 'CODE_SYNTAX'],
    ['throws', `throw new Error('no')`, 'CODE_THREW'],
    ['never settles', 'await new Promise(() => {})', 'PROGRAM_STALLED'],
    ['does not catch a tool error', `await everything.getSum({ a: 'one' })`, 'TOOL_INPUT_INVALID'],
    ['returns a value that cannot be serialized', 'return { a: () => 1 }', 'VALUE_NOT_SERIALIZABLE'],
  ])('is 1 for a program that %s', async (_, program, expected) => {
    const { code, stdout, stderr } = await run(
      program,
      program.includes('everything') ? ['-q', '-s', publicFlag('everything')] : [],
    )
    expect(code).toBe(1)
    expect(stdout).toBe('')
    expect(stderr).toMatch(new RegExp(`^${expected} `))
  })

  it('is 2 for a program file that does not exist', async () => {
    const { code, stderr } = await glovebox(['run', '/no/such/program.ts'])
    expect(code).toBe(2)
    expect(stderr).toBe('error Cannot read the program /no/such/program.ts: there is no such file\n')
  })

  it.each([
    [
      'wall time',
      'await new Promise((resolve) => setTimeout(resolve, 600_000))',
      'wallTimeMs=200ms',
      'LIMIT_WALL_TIME',
    ],
    ['CPU time', 'for (;;) {}', 'cpuTimeMs=0.2s', 'LIMIT_CPU'],
    ['memory', `const all = []; for (;;) all.push(new Array(1000).fill(1.5))`, 'memoryBytes=32MiB', 'LIMIT_MEMORY'],
    ['tool calls', 'await fixture.about({}); await fixture.about({})', 'toolCalls=1', 'LIMIT_TOOL_CALLS'],
    ['the result', `return 'x'.repeat(5000)`, 'resultBytes=2kB', 'LIMIT_RESULT_SIZE'],
    ['the program', `return '${'x'.repeat(2_000)}'`, 'codeBytes=1KiB', 'LIMIT_CODE_SIZE'],
  ])('is 3 at the limit of %s', async (_, program, limit, expected) => {
    const { code, stderr } = await run(program, ['-q', '-l', limit, '-s', fixtureFlag('fixture')])
    expect(stderr).toMatch(new RegExp(`^${expected} `))
    expect(code).toBe(3)
  })

  it('is 4 for a server that cannot be started, with its name and what to check', async () => {
    const { code, stdout, stderr } = await run('return 1', ['-s', 'ghost=glovebox-no-such-command'])
    expect({ code, stdout }).toEqual({ code: 4, stdout: '' })
    expect(stderr).toMatch(/^error The MCP server ghost .*no command .*PATH\?\n$/)
  })

  it('is 4 for a server that cannot be reached', async () => {
    // Port 1 is reserved for TCPMUX.
    const { code, stderr } = await run('return 1', ['-s', 'remote=http://127.0.0.1:1/mcp'])
    expect(code).toBe(4)
    expect(stderr).toContain('The MCP server remote could not be reached')
  })

  it('is 4 if every server fails, and that of the program if one of two does', async () => {
    await using directory = new Directory()
    const config = directory.write('servers.json', {
      mcpServers: {
        good: { command: process.execPath, args: [FIXTURE], env: { PID_FILE: `${directory.path}/pids` } },
        bad: { command: 'glovebox-no-such-command' },
      },
    })
    const { code, stdout, stderr } = await run('return typeof good', ['-c', config])
    expect({ code, stdout }).toEqual({ code: 0, stdout: 'object\n' })
    expect(stderr).toContain('The MCP server bad could not be started')
    expect((await run('return 1', ['-s', 'bad=glovebox-no-such-command'])).code).toBe(4)
    const pids = pidsIn(`${directory.path}/pids`)
    expect(pids.length).toBeGreaterThan(0)
    await eventually(() => expect(pids.filter(isAlive)).toEqual([]))
  })
})

describe('--limit', () => {
  it.each([
    'wallTimeMs=1min',
    'wallTimeMs=90s',
    'wallTimeMs=1.5s',
    'memoryBytes=32MiB',
    'memoryBytes=32mb',
    'toolCalls=3',
    'logBytes=1000',
    'cpuTimeMs=2000 ms',
  ])('accepts %s', async (limit) => {
    expect(await run('return 1', ['--limit', limit])).toEqual({ code: 0, stdout: '1\n', stderr: '' })
  })

  it('may be given more than once', async () => {
    const { code, stderr } = await run('for (;;) {}', ['-l', 'wallTimeMs=1min', '-l', 'cpuTimeMs=100'])
    expect(code).toBe(3)
    expect(stderr).toContain('100 ms')
  })

  it.each([
    'wallTimeMs',
    'wallTimeMs=',
    'wallTimeMs=soon',
    'wallTimeMs=-5',
    'wallTimeMs=5parsecs',
    'wallTimeMs=5constructor',
    'wallTimeMs=5MiB',
    'memoryBytes=5s',
    'toolCalls=5s',
    'toolCalls=1kb',
    'wallTimeMs=0',
    'toolCalls=0.4',
    'wallTime=5s',
    'toString=5',
    '=5',
    '5s',
  ])('makes the command exit with 2 for %j and explain the format', async (limit) => {
    const { code, stdout, stderr } = await run('return 1', ['--limit', limit])
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    expect(stderr).toMatch(/^error .*(name=value|positive integer)/)
    expect(stderr).not.toMatch(/^ +at /m)
  })
})

it('the command exits with 2 for a limit that the sandbox cannot enforce', async () => {
  const { code, stdout, stderr } = await run('return 1', ['--limit', 'memoryBytes=1KiB'])
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
  expect(stderr).toMatch(/^error .*supports memory limits from \d+ to \d+ bytes; got 1024/)
})

describe('the terminal output', () => {
  it('contains no escape sequences if it is not a terminal', async () => {
    const ended = [
      await run(
        `console.error('red'); console.debug('dim'); await fixture.about({}).catch(() => 0); return { a: 1, b: 'x' }`,
        ['-s', fixtureFlag('fixture')],
      ),
      await run(`throw new Error('no')`),
      await glovebox(['run', '/no/such/program.ts']),
      await glovebox(['--help']),
      await glovebox(['types', '-s', publicFlag('everything')]),
    ]
    for (const { stdout, stderr } of ended) expect(stdout + stderr).not.toMatch(CONTROLS)
  })

  it('contains no control characters from the logs of a program', async () => {
    const { code, stderr } = await run(
      `console.log('\\u001b[2Jwiped\\u001b[31m red \\u001b]0;title\\u0007\\u009b1mC1\\rreturned\\u0008'); console.warn('%s', '\\u001b[1mbold')`,
    )
    expect(code).toBe(0)
    expect(stderr).toMatch(/wiped red /)
    expect(stderr).toContain('bold')
    expect(stderr).not.toMatch(CONTROLS)
  })

  it('contains no control characters from the errors of a program', async () => {
    const { code, stderr } = await run(`
      const error = new Error('\\u001b[2Jgone')
      error.name = '\\u001b[31mRed'
      error.stack = 'at \\u001b[5mblink (program.js:1:1)'
      throw error`)
    expect(code).toBe(1)
    expect(stderr).toContain('Red: gone')
    expect(stderr).not.toMatch(CONTROLS)
  })

  it('contains no control characters from the output of a server', async () => {
    await using directory = new Directory()
    const config = directory.write('servers.json', {
      mcpServers: { rude: { command: process.execPath, args: [FIXTURE], env: { ANSI: '1' } } },
    })
    const { code, stderr } = await run('return 1', ['-c', config])
    expect(code).toBe(4)
    expect(stderr).toContain('no licence')
    expect(stderr).not.toMatch(CONTROLS)
  })
})
