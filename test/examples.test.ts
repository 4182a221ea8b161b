import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { root } from './repository.ts'

const run = (...args: string[]) =>
  promisify(execFile)(process.execPath, ['apps/examples/src/main.ts', ...args], {
    cwd: root,
    env: { PATH: process.env.PATH, NO_COLOR: '1' },
  })

describe('the examples', () => {
  it.each(['ai-sdk', 'anthropic', 'fetch', 'langchain', 'mastra', 'openai-agents', 'tanstack-ai'])(
    '%s runs offline: the model writes a program and answers from its result',
    async (name) => {
      const { stdout, stderr } = await run(name)
      expect(stderr).toBe('')
      expect(stdout).toContain("The model's program, in quickjs:")
      expect(stdout.match(/→ \d tools\.(price|stock)/g)).toHaveLength(6)
      expect(stdout.trimEnd().split('\n').at(-1)).toBe('The cocoa: all of it is worth 126.00.')
    },
  )

  it('opentelemetry writes spans to the console', async () => {
    const { stdout } = await run('opentelemetry')
    expect(stdout.match(/name: 'execute_tool tools\.(price|stock)'/g)).toHaveLength(6)
    expect(stdout).toContain("name: 'execute_program'")
  })

  it('list the available examples and reject unknown ones', async () => {
    expect((await run('--help')).stdout).toContain('openai-agents')
    await expect(run('cobol')).rejects.toThrow('Allowed choices are')
  })
})
