import type Anthropic from '@anthropic-ai/sdk'
import { betaTool } from '@anthropic-ai/sdk/helpers/beta/json-schema'
import { betaZodTool } from '@anthropic-ai/sdk/helpers/beta/zod'
import type { BetaRunnableTool } from '@anthropic-ai/sdk/lib/tools/BetaRunnableTool'
import { toolProvider } from '@glovebox/core'
import { describe, expect, expectTypeOf, it } from 'vitest'
import { z } from 'zod'
import { codemode } from '../src/index.ts'

const inputSchema = { type: 'object', properties: {} } as const

const camera = toolProvider({
  name: 'camera',
  tools: { shoot: () => ({ type: 'image', mimeType: 'image/png', bytes: new Uint8Array([1, 2, 3]) }) },
})
const SHOT = '{"result":[{"type":"image","mimeType":"image/png","bytes":"[3 bytes]"}]}'

/** Runs a program as the tool runner does. */
async function run(code: string, given: Parameters<typeof codemode>[0]['tools'], options = {}): Promise<unknown> {
  const [runProgram] = codemode({ tools: given, ...options }).tools as BetaRunnableTool[]
  const toolUse = { type: 'tool_use', id: 'toolu_1', name: 'run_program', input: { code } } as never
  return JSON.parse((await runProgram?.run({ code }, { toolUse, toolUseBlock: toolUse })) as string)
}

describe('codemode', () => {
  it('keeps server tools, tools without `run` and API-defined tools as direct tools', () => {
    const direct = [
      { type: 'web_search_20250305', name: 'web_search' } as const,
      { name: 'plain', input_schema: inputSchema },
      { type: 'bash_20250124', name: 'bash', run: () => '', parse: (input: unknown) => input } as never,
    ]
    const free = betaTool({ name: 'free', description: '', inputSchema, run: () => '1' })
    const { system, tools } = codemode({ system: 'You sell tea.', tools: [...direct, free] })
    expect(tools.slice(1)).toEqual(direct)
    expect(system).toMatch(/^You sell tea\.\n\n/)
    expect(system).toContain('web_search, plain, bash')
  })

  it('appends its guidance to a system prompt of blocks', () => {
    const { system } = codemode({ system: [{ type: 'text', text: 'You sell tea.' }], tools: [] })
    expectTypeOf(system).toEqualTypeOf<Anthropic.Beta.BetaTextBlockParam[]>()
    expect(system).toEqual([
      { type: 'text', text: 'You sell tea.' },
      { type: 'text', text: expect.stringContaining('run_program') },
    ])
  })
})

it('images in the value of a program reach the model', async () => {
  const [runProgram] = codemode({ tools: [], providers: [camera] }).tools as BetaRunnableTool[]
  expect(await runProgram?.run({ code: 'return [await camera.shoot()]' })).toEqual([
    { type: 'text', text: SHOT },
    { type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'AQID' } },
  ])
})

describe('a tool in a program', () => {
  it('receives its call and the signal of its program', async () => {
    const who = betaTool({
      name: 'who',
      description: '',
      inputSchema,
      run: (_input, context) =>
        JSON.stringify({
          ...context?.toolUse,
          signal: context?.signal instanceof AbortSignal,
          same: context?.toolUseBlock.id,
        }),
    })
    expect(await run('await tools.who({}); return await tools.who({})', [who])).toEqual({
      result: { type: 'tool_use', id: 'toolu_1.2', name: 'who', input: {}, signal: true, same: 'toolu_1.2' },
    })
  })

  it('runs if the host passes no context', async () => {
    const who = betaTool({
      name: 'who',
      description: '',
      inputSchema,
      run: (_input, context) => `${context?.toolUse.id}`,
    })
    const [runProgram] = codemode({ tools: [who] }).tools as BetaRunnableTool[]
    expect(await runProgram?.run({ code: 'return await tools.who({})' })).toBe('{"result":"program.1"}')
  })

  it('returns objects for JSON texts, and content blocks for anything other than text', async () => {
    const image = { type: 'image', source: { type: 'url', url: 'https://example.com/a.png' } } as const
    const tools = [
      betaTool({ name: 'json', description: '', inputSchema, run: () => '{"a":1}' }),
      betaTool({ name: 'text', description: '', inputSchema, run: () => '12' }),
      betaTool({ name: 'blocks', description: '', inputSchema, run: () => [{ type: 'text', text: '[2]' }] }),
      betaTool({ name: 'image', description: '', inputSchema, run: () => [image] }),
    ]
    const program = 'return Promise.all([tools.json({}), tools.text({}), tools.blocks({}), tools.image({})])'
    expect(await run(program, tools)).toEqual({ result: [{ a: 1 }, '12', [2], [image]] })
  })

  it('parses its input with its own schema', async () => {
    const inputSchema = z.object({ n: z.number().refine((n) => n !== 3) })
    const twice = betaZodTool({ name: 'twice', description: '', inputSchema, run: ({ n }) => `{"n":${n * 2}}` })
    expect(await run('return await tools.twice({ n: 2 })', [twice])).toEqual({ result: { n: 4 } })
    // The JSON Schema cannot express this rule.
    expect(await run('return await tools.twice({ n: 3 })', [twice])).toEqual({
      error: expect.stringContaining('TOOL_FAILED'),
    })
  })
})

describe('types', () => {
  it('preserve the inputs of tools, and fit the tool runner', () => {
    const weather = betaZodTool({
      name: 'weather',
      description: '',
      inputSchema: z.object({ city: z.string() }),
      run: (input) => {
        expectTypeOf(input).toEqualTypeOf<{ city: string }>()
        return input.city
      },
    })
    const { system, tools } = codemode({ system: 'x', tools: [weather] })
    expectTypeOf(system).toEqualTypeOf<string>()
    expectTypeOf(tools).toExtend<Parameters<Anthropic['beta']['messages']['toolRunner']>[0]['tools']>()
    // @ts-expect-error tools must be a list
    expect(() => codemode({ tools: { weather } })).toThrow()
  })
})
