import { describe, expect, it } from 'vitest'
import type { ToolSource } from '../src/catalog/provider.ts'
import { defineTool } from '../src/catalog/tool.ts'
import { type CodeModeOptions, createCodeMode } from '../src/code-mode.ts'
import { createSandbox } from '../src/sandbox/sandbox.ts'
import { ScriptedAdapter } from './scripted-adapter.ts'

const MB = 1024 * 1024

/** Returns the message that a guest receives for a call of `tools.get`, and the CPU time of the main thread in ms. */
async function answerOf(tools: ToolSource, payload = 'j{}', options: Partial<CodeModeOptions> = {}) {
  const adapter = new ScriptedAdapter(async (guest) => {
    guest.say(`{"type":"call","id":1,"tool":"tools.get"}\n${payload}`)
    guest.endTurn()
    await guest.hears()
    guest.say('{"type":"returned"}\nj1')
    guest.endTurn()
  })
  await using sandbox = createSandbox(adapter, { ready: 0 })
  await using codeMode = await createCodeMode({ sandbox, tools, limits: { messageBytes: MB }, ...options })
  const before = process.cpuUsage()
  const { calls } = await codeMode.execute('return await tools.get()')
  const { user, system } = process.cpuUsage(before)
  return { message: adapter.guests[0]?.received[1] ?? '', calls, cpuMs: (user + system) / 1_000 }
}

const get = (output: unknown) => ({ get: () => output })
const TOO_LARGE = /"type":"failed".*"code":"LIMIT_MESSAGE_SIZE"/

describe('the output of a tool', () => {
  it.each([
    ['a text of 200 MB', 'x'.repeat(200 * MB)],
    ['one text a thousand times', Array(1_000).fill({ text: 'x'.repeat(MB / 2) })],
    ['a chain of doublings', doubled(100)],
    ['many small objects', Array.from({ length: MB }, () => ({ a: 1 }))],
    ['bytes', new Uint8Array(2 * MB)],
    ['a boxed text', Object('x'.repeat(2 * MB))],
    ['errors within errors', errors(60)],
  ])('is rejected before it is encoded if it is too large: %s', async (_, output) => {
    const { message, cpuMs } = await answerOf(get(output))
    expect(message).toMatch(TOO_LARGE)
    expect(cpuMs).toBeLessThan(5_000)
  })

  it('passes if its expanded size is within the limit', async () => {
    const { message } = await answerOf(get(Array(10).fill({ text: 'x'.repeat(1_000) })))
    expect(message).toMatch(/"type":"returned"/)
  })

  it('may refer to itself if the tool has no output schema', async () => {
    const circular: unknown[] = [1]
    circular.push(circular)
    expect((await answerOf(get(circular))).message).toMatch(/"type":"returned"/)
    const typed = defineTool({ outputSchema: { type: 'array' }, execute: () => circular })
    const { message, calls } = await answerOf({ get: typed })
    expect(message).toMatch(/"type":"returned"/)
    expect(calls).toMatchObject([{ outcome: 'returned', warning: expect.stringContaining('refers to itself') }])
  })

  it('arrives with a warning for the host if it does not match its schema', async () => {
    const tool = defineTool({ outputSchema: { type: 'integer' }, execute: () => 'many' as unknown as number })
    const { message, calls } = await answerOf({ get: tool })
    expect(message).toContain('j"many"')
    const warning = 'The output of tools.get is not valid: must be integer'
    expect(calls).toMatchObject([{ id: 1, tool: 'tools.get', outcome: 'returned', warning }])
  })

  it('is rejected if it does not match its schema and outputs are strict', async () => {
    const tool = defineTool({ outputSchema: { type: 'integer' }, execute: () => 'many' as unknown as number })
    const { message, calls } = await answerOf({ get: tool }, 'j{}', { strictOutputs: true })
    expect(message).toContain('"code":"TOOL_OUTPUT_INVALID"')
    expect(calls).toMatchObject([{ outcome: 'failed', code: 'TOOL_OUTPUT_INVALID' }])
  })

  it('is converted to JSON if its schema requires it', async () => {
    const output = { type: 'object', properties: { at: { type: 'string' } } }
    const tool = defineTool({ outputSchema: output, execute: () => ({ at: new Date(0) }) })
    expect((await answerOf({ get: tool })).message).toContain('j{"at":"1970-01-01T00:00:00.000Z"}')
  })
})

describe('the input of a tool', () => {
  const long = 'x'.repeat(100_000)
  const shared = `g[[1],["o","list",[2]],["a",[${Array(300).fill('[3]').join()}]],["o","name","${long}"]]`

  it('is rejected if its expanded size is too large', async () => {
    let ran = false
    const tool = () => {
      ran = true
    }
    expect((await answerOf({ get: tool }, shared)).message).toMatch(TOO_LARGE)
    expect(ran).toBe(false)
  })

  it.each([
    ['of a million values', `j{"a":[${Array(400_000).fill(0).join()}]}`],
    ['that refers to itself', 'g[[1],["o","self",[1]]]'],
    [
      'of more values than characters in a graph',
      `g[[1],["a",[${Array(20_000).fill('[2]').join()}]],["a",[1,2,3,4,5,6]]]`,
    ],
    ['of many values in a graph', `g[[1],["a",[${Array(110_000).fill('["n"]').join()}]]]`],
  ])('is rejected %s', async (_, payload) => {
    expect((await answerOf(get(1), payload)).message).toMatch(/TOOL_INPUT_INVALID.*holds more than 100000 values/)
  })
})

function doubled(levels: number): unknown {
  let value: unknown = 'x'
  for (let level = 0; level < levels; level++) value = [value, value]
  return value
}

function errors(levels: number): Error {
  let error: Error = new AggregateError([])
  for (let level = 0; level < levels; level++) error = new AggregateError([error, error], '', { cause: error })
  return error
}
