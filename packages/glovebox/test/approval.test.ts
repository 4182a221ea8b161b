import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { describe, expect, it } from 'vitest'
import { CLI, Directory, publicFlag, run } from './support.ts'

const PROGRAM = `const sum = (a, b) => everything.getSum({ a, b }).catch((error) => error.code)
return [await sum(1, 2), await sum(3, 4)]`

/** `script` of util-linux runs a command in a pseudo-terminal. */
const hasPseudoTerminal = (() => {
  if (process.platform !== 'linux') return false
  try {
    return execFileSync('script', ['--version'], { encoding: 'utf8' }).includes('util-linux')
  } catch {
    return false
  }
})()

/** A command in a terminal. */
class Terminal {
  readonly #child: ChildProcess
  #shown = ''
  /** Resolves to the exit code of the command. */
  readonly ended: Promise<number | null>

  constructor(args: readonly string[], cwd: string) {
    const command = [process.execPath, CLI, ...args].map((each) => `'${each}'`).join(' ')
    const { FORCE_COLOR: _force, CLICOLOR_FORCE: _cli, ...env } = process.env
    this.#child = spawn('script', ['-qefc', command, '/dev/null'], { cwd, env: { ...env, NO_COLOR: '1' } })
    this.#child.stdout?.on('data', (data: Buffer) => (this.#shown += data.toString()))
    this.ended = new Promise((resolve) => this.#child.once('close', resolve))
  }

  get shown(): string {
    return this.#shown
  }

  /** Waits for the n-th question, and answers it. */
  async answer(count: number, text: string): Promise<void> {
    while (this.#shown.split('[p]rogram: ').length <= count) {
      if (this.#child.exitCode !== null) throw new Error(`the command has ended: ${this.#shown}`)
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
    this.#child.stdin?.write(text)
  }
}

const withTerminal = it.runIf(hasPseudoTerminal)
const title = (text: string) => (hasPseudoTerminal ? text : `${text} (needs \`script\` of util-linux)`)

describe('glovebox run --ask', () => {
  withTerminal(title('asks on the terminal, with the input and, on request, the program'), async () => {
    await using directory = new Directory()
    directory.write('program.ts', PROGRAM)
    const args = ['run', 'program.ts', '--server', publicFlag('everything'), '--ask', 'everything.get*']
    const terminal = new Terminal(args, directory.path)
    await terminal.answer(1, 'p\r')
    await terminal.answer(2, 'y\r')
    await terminal.answer(3, 'n\r')
    await terminal.ended
    expect(terminal.shown).toContain('? everything.getSum')
    expect(terminal.shown).toContain('{ a: 1, b: 2 }')
    expect(terminal.shown).toContain('    const sum = (a, b) =>')
    expect(terminal.shown).toMatch(/\[ 'The sum of 1 and 2 is 3\.', 'TOOL_DENIED' \]/)
  })

  withTerminal(title('denies the call if the terminal is closed, and ends on Ctrl-C'), async () => {
    await using directory = new Directory()
    directory.write('program.ts', PROGRAM)
    const args = ['run', 'program.ts', '--server', publicFlag('everything'), '--ask', '*']
    const closed = new Terminal(args, directory.path)
    await closed.answer(1, '\u0004')
    await closed.answer(2, '\u0004')
    await closed.ended
    expect(closed.shown).toContain("[ 'TOOL_DENIED', 'TOOL_DENIED' ]")
    const interrupted = new Terminal(args, directory.path)
    await interrupted.answer(1, '\u0003')
    expect(await interrupted.ended).toBe(130)
    expect(interrupted.shown).not.toContain('TOOL_DENIED')
  })

  it('denies the call where there is no terminal', async () => {
    const { code, stdout, stderr } = await run(PROGRAM, ['--server', publicFlag('everything'), '--ask', '*.get*'])
    expect([code, stdout]).toEqual([0, "[ 'TOOL_DENIED', 'TOOL_DENIED' ]\n"])
    expect(stderr).toContain('TOOL_DENIED')
  })
})

describe('glovebox run --deny', () => {
  it('denies calls of the tools', async () => {
    const program = `return await everything.getSum({ a: 1, b: 2 })`
    const { stdout, stderr } = await run(program, [
      '--server',
      publicFlag('everything'),
      '--deny',
      'everything.get-sum',
    ])
    expect(stdout).toBe('')
    expect(stderr).toContain('The call of everything.getSum was denied')
  })

  it('refuses a pattern without a namespace', async () => {
    const { code, stderr } = await run('return 1', ['--deny', 'getSum'])
    expect(code).toBe(2)
    expect(stderr).toContain('namespace.tool')
  })
})
