import { describe, expect, it } from 'vitest'
import { createCodeMode } from '../src/code-mode.ts'
import { createSandbox } from '../src/sandbox/sandbox.ts'
import { ScriptedAdapter } from './scripted-adapter.ts'

const open = (options: object) =>
  createCodeMode({ sandbox: createSandbox(new ScriptedAdapter(() => {}), { ready: 0 }), tools: {}, ...options })

const result = {
  status: 'succeeded',
  ok: true,
  value: 'x'.repeat(100),
  logs: [],
  calls: [],
  usage: { wallTimeMs: 1, toolCalls: 0 },
} as const

describe('the tool of a code mode', () => {
  it('has the name and the description from the options', async () => {
    const { tool, instructions } = await open({ toolName: 'execute-code', toolDescription: 'Runs code.' })
    expect(tool.name).toBe('execute-code')
    expect(tool.description).toMatch(/^Runs code\.\n\nWrite a TypeScript program/)
    expect(instructions).toContain('pass it to the tool execute-code.')
    expect((await open({})).tool.name).toBe('run_program')
  })

  it('limits the result for the model by `modelOutput`', async () => {
    const { tool } = await open({ modelOutput: { text: 40 } })
    expect(tool.output(result)).toEqual({ result: `${'x'.repeat(40)}\n[cut: 60 more characters]` })
    expect((await open({})).tool.output(result)).toEqual({ result: result.value })
  })

  it.each([
    [{ toolName: 'no spaces' }, /`toolName` must be/],
    [{ toolName: '' }, /`toolName` must be/],
    [{ modelOutput: { size: 1 } }, /`modelOutput` has no option `size`/],
    [{ modelOutput: { depth: 0 } }, /`modelOutput\.depth` must be an integer/],
    [{ modelOutputs: {} }, /createCodeMode\(\) has no option `modelOutputs`. Did you mean `modelOutput`\?/],
  ])('rejects %j', async (options, message) => {
    await expect(open(options)).rejects.toThrow(message)
  })
})
