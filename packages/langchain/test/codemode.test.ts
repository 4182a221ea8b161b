import { toolProvider } from '@glovebox/core'
import { SystemMessage, ToolMessage } from '@langchain/core/messages'
import { DynamicTool, type StructuredToolInterface, type ToolRunnableConfig, tool } from '@langchain/core/tools'
import { Command, GraphInterrupt } from '@langchain/langgraph'
import { type createAgent, tool as headless } from 'langchain'
import { describe, expect, expectTypeOf, it } from 'vitest'
import { z } from 'zod'
import { codemode } from '../src/index.ts'

const schema = z.object({})

const camera = toolProvider({
  name: 'camera',
  tools: { shoot: () => ({ type: 'image', mimeType: 'image/png', bytes: new Uint8Array([1, 2, 3]) }) },
})
const SHOT = '{"result":[{"type":"image","mimeType":"image/png","bytes":"[3 bytes]"}]}'

/** Runs a program as an agent does. */
async function run(code: string, given: Parameters<typeof codemode>[0]['tools']): Promise<unknown> {
  const [runProgram] = codemode({ tools: given }).tools as StructuredToolInterface[]
  const config = { toolCallId: 'call_1', context: { user: 'Ada' } } as ToolRunnableConfig
  return await runProgram?.invoke({ code }, config)
}

it('images in the value of a program reach the model', async () => {
  const [runProgram] = codemode({ tools: [], providers: [camera] }).tools as StructuredToolInterface[]
  const call = { type: 'tool_call', id: 'call_1', name: 'run_program', args: { code: 'return [await camera.shoot()]' } }
  const message = (await runProgram?.invoke(call as never)) as ToolMessage
  expect(message.content).toEqual([
    { type: 'text', text: SHOT },
    { type: 'image_url', image_url: { url: 'data:image/png;base64,AQID' } },
  ])
})

describe('codemode', () => {
  it('keeps provider tools, tools that end the loop, tools that interrupt and client tools as direct tools', () => {
    const direct = [
      { type: 'web_search_20260209', name: 'web_search' },
      tool(() => 1, { name: 'last', schema, returnDirect: true }),
      tool(() => 1, { name: 'asking', schema }),
      headless({ name: 'headless', description: '', schema }),
    ]
    const free = [tool(() => 1, { name: 'free', schema }), tool(() => 1, { name: 'allowed', schema })]
    const interruptOn = { asking: { allowedDecisions: ['approve'] }, allowed: false }
    const { tools, systemPrompt } = codemode({
      systemPrompt: 'You sell tea.',
      tools: [...direct, ...free],
      interruptOn,
    })
    expect(tools.slice(1)).toEqual(direct)
    expect(systemPrompt).toMatch(/^You sell tea\.\n\n/)
    expect(systemPrompt).toContain('web_search, last, asking, headless')
  })

  it('appends its guidance to a system prompt that is a message', () => {
    const given = new SystemMessage({ content: 'You sell tea.', id: 'system', additional_kwargs: { cached: true } })
    const { systemPrompt } = codemode({ systemPrompt: given, tools: [] })
    expectTypeOf(systemPrompt).toEqualTypeOf<SystemMessage>()
    expect(systemPrompt.content).toEqual([
      { type: 'text', text: 'You sell tea.' },
      { type: 'text', text: expect.stringContaining('run_program') },
    ])
    expect(systemPrompt).toMatchObject({ id: 'system', additional_kwargs: { cached: true } })
  })
})

describe('a tool in a program', () => {
  it('receives its call id, its context and the signal of its program', async () => {
    const who = tool(
      (_input: object, config: ToolRunnableConfig & { toolCallId?: string }) => ({
        id: config.toolCallId,
        context: config.context,
        signal: config.signal instanceof AbortSignal,
      }),
      { name: 'who', schema },
    )
    expect(await run('await tools.who({}); return await tools.who({})', [who])).toEqual({
      result: { id: 'call_1.2', context: { user: 'Ada' }, signal: true },
    })
  })

  it('cannot control the graph of an agent, and its error recommends `direct`', async () => {
    // `interrupt()` throws this in an agent.
    const asks = () => {
      throw new GraphInterrupt([{ value: 'sure?' }])
    }
    const tools = [
      tool(asks, { name: 'asks', schema }),
      tool(() => new Command({ update: {} }), { name: 'commands', schema }),
    ]
    for (const { name } of tools) {
      expect(await run(`return await tools.${name}({})`, tools)).toEqual({
        error: expect.stringMatching(/TOOL_DENIED: .* in `direct`/),
      })
    }
  })

  it('returns the content of a message, or throws it', async () => {
    const message = (status: 'success' | 'error') =>
      new ToolMessage({ content: `a ${status}`, tool_call_id: '1', status })
    const tools = [
      tool(() => message('success'), { name: 'good', schema }),
      tool(() => message('error'), { name: 'bad', schema }),
    ]
    const program = 'return [await tools.good({}), await tools.bad({}).catch((error) => error.message)]'
    expect(await run(program, tools)).toEqual({ result: ['a success', 'a error'] })
  })

  it('parses its input with its own schema', async () => {
    const later = z.object({ day: z.string().transform((text) => new Date(text)) })
    const year = tool(({ day }: { day: Date }) => day.getUTCFullYear(), { name: 'year', schema: later })
    expect(await run('return await tools.year({ day: "2026-01-01" })', [year])).toEqual({ result: 2026 })
    const twice = tool(({ n }: { n: number }) => n * 2, {
      name: 'twice',
      schema: z.object({ n: z.coerce.number().max(9) }),
    })
    expect(await run('return await tools.twice({ n: "4" })', [twice])).toEqual({ result: 8 })
    expect(await run('return await tools.twice({ n: "40" })', [twice])).toEqual({
      error: expect.stringContaining('TOOL_INPUT_INVALID'),
    })
  })

  it('accepts JSON Schema or a single string', async () => {
    const json = tool((input: unknown) => input, {
      name: 'json',
      schema: { type: 'object', properties: { n: { type: 'integer' } } },
    })
    const loud = new DynamicTool({ name: 'loud', description: 'Shouts.', func: async (text) => text.toUpperCase() })
    expect(await run('return [await tools.json({ n: 1 }), await tools.loud({ input: "a" })]', [json, loud])).toEqual({
      result: [{ n: 1 }, 'A'],
    })
    expect(await run('return await tools.json({ n: "x" })', [json])).toEqual({
      error: expect.stringContaining('TOOL_INPUT_INVALID'),
    })
  })
})

describe('types', () => {
  it('preserve the inputs of tools, and fit an agent', () => {
    const weather = tool(
      ({ city }) => {
        expectTypeOf(city).toEqualTypeOf<string>()
        return city
      },
      { name: 'weather', schema: z.object({ city: z.string() }) },
    )
    const { systemPrompt, tools } = codemode({ systemPrompt: 'x', tools: [weather] })
    expectTypeOf(systemPrompt).toEqualTypeOf<string>()
    expectTypeOf<Parameters<typeof createAgent>[0]['tools']>().extract<typeof tools>().not.toBeNever()
    // @ts-expect-error tools must be a list
    expect(() => codemode({ tools: { weather } })).toThrow()
  })
})
