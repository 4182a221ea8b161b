import { type AnyTool, type chat, type ServerTool, type ToolExecutionContext, toolDefinition } from '@tanstack/ai'
import { describe, expect, expectTypeOf, it } from 'vitest'
import { z } from 'zod'
import { codemode } from '../src/index.ts'

const inputSchema = z.object({})

/** Runs a program as `chat` does. */
async function run(
  code: string,
  given: readonly AnyTool[],
  emit = (_name: string, _value: object) => {},
): Promise<unknown> {
  const [runProgram] = codemode({ tools: given }).tools
  const context: ToolExecutionContext<{ user: string }> = {
    toolCallId: 'call_1',
    context: { user: 'Ada' },
    emitCustomEvent: emit,
  }
  return await runProgram?.execute?.({ code }, context)
}

describe('codemode', () => {
  it('keeps client tools, provider tools and tools that need approval as direct tools', () => {
    const client = toolDefinition({ name: 'client', description: '', inputSchema })
    const direct: AnyTool[] = [
      client,
      client.client(() => 1) as AnyTool,
      { name: 'search', description: '' },
      toolDefinition({ name: 'approved', description: '', inputSchema, needsApproval: true }).server(() => 1),
      { name: 'untyped', description: '', needsApproval: 1 as never, execute: () => 1 },
    ]
    const free = toolDefinition({ name: 'free', description: '', inputSchema }).server(() => 1)
    const { systemPrompts, tools } = codemode({ systemPrompts: ['You sell tea.'], tools: [...direct, free] })
    expect(tools.slice(1)).toEqual(direct)
    expect(systemPrompts).toEqual(['You sell tea.', expect.stringContaining('client, search, approved, untyped')])
  })
})

describe('a tool in a program', () => {
  it('receives its call id, its context and the signal of its program', async () => {
    const who = toolDefinition({ name: 'who', description: '', inputSchema }).server((_input, context) => ({
      id: context?.toolCallId,
      context: context?.context,
      signal: context?.abortSignal instanceof AbortSignal,
    }))
    expect(await run('await tools.who({}); return await tools.who({})', [who])).toEqual({
      result: { id: 'call_1.2', context: { user: 'Ada' }, signal: true },
    })
  })

  it('has its input and output parsed by its schemas', async () => {
    const definition = toolDefinition({
      name: 'year',
      description: '',
      inputSchema: z.object({ day: z.string().transform((text) => new Date(text)) }),
      outputSchema: z.object({ year: z.number() }),
    })
    const year = definition.server(({ day }) => ({ year: (day as unknown as Date).getUTCFullYear() }))
    expect(codemode({ tools: [year] }).tools[0]?.description).toContain('Promise<{ year: number }>')
    expect(await run('return await tools.year({ day: "2026-01-01" })', [year])).toEqual({ result: { year: 2026 } })
    const wrong = definition.server(() => ({ year: 'x' }) as never)
    expect(await run('return await tools.year({ day: "2026-01-01" })', [wrong])).toEqual({
      error: expect.stringContaining('TOOL_OUTPUT_INVALID'),
    })
    expect(await run('return await tools.year({ day: 1 })', [year])).toEqual({
      error: expect.stringContaining('TOOL_INPUT_INVALID'),
    })
  })

  it('accepts and returns values that JSON Schema cannot express', async () => {
    const next = toolDefinition({
      name: 'next',
      description: '',
      inputSchema: z.object({ day: z.date() }),
      outputSchema: z.object({ day: z.date() }),
    }).server(({ day }) => ({ day: new Date(day.getTime() + 86_400_000) }))
    const code = 'return (await tools.next({ day: new Date(0) })).day.toISOString()'
    expect(await run(code, [next])).toEqual({ result: '1970-01-02T00:00:00.000Z' })
  })

  it('returns objects for JSON texts, unless it has an output schema', async () => {
    const json = (name: string, outputSchema?: z.ZodString) =>
      toolDefinition({ name, description: '', inputSchema, ...(outputSchema && { outputSchema }) }).server(
        () => '{"a":1}' as never,
      )
    const code = 'return [await tools.read({}), await tools.kept({})]'
    expect(await run(code, [json('read'), json('kept', z.string())])).toEqual({ result: [{ a: 1 }, '{"a":1}'] })
  })

  it('accepts JSON Schema', async () => {
    const json = toolDefinition({
      name: 'json',
      description: '',
      inputSchema: { type: 'object', required: ['n'] },
      // JSON Schema only describes outputs.
      outputSchema: { type: 'object', properties: { n: { type: 'string' } } },
    })
    const tools = [json.server((input) => input)]
    expect(await run('return await tools.json({ n: 1 })', tools)).toEqual({ result: { n: 1 } })
    expect(await run('return await tools.json({})', tools)).toEqual({
      error: expect.stringContaining('TOOL_INPUT_INVALID'),
    })
  })

  it('emits custom events for its calls, and the program for its logs', async () => {
    const events: [string, object][] = []
    const step = toolDefinition({ name: 'step', description: '', inputSchema }).server(() => 1)
    await run('console.log("hi"); await tools.step({})', [step], (name, value) => events.push([name, value]))
    expect(events).toMatchObject([
      ['glovebox:log', { text: 'hi' }],
      ['glovebox:tool-call-start', { id: 1, tool: 'tools.step' }],
      ['glovebox:tool-call-end', { id: 1, tool: 'tools.step', outcome: 'returned' }],
    ])
  })
})

describe('types', () => {
  it('preserve the inputs of tools, and fit `chat`', () => {
    const weather = toolDefinition({
      name: 'weather',
      description: '',
      inputSchema: z.object({ city: z.string() }),
    }).server((input) => {
      expectTypeOf(input).toEqualTypeOf<{ city: string }>()
      return input.city
    })
    expectTypeOf(weather).toExtend<ServerTool<z.ZodObject<{ city: z.ZodString }>, undefined, string>>()
    const { systemPrompts, tools } = codemode({ systemPrompts: ['x'], tools: [weather] })
    type ChatOptions = Parameters<typeof chat>[0]
    expectTypeOf(systemPrompts).toExtend<NonNullable<ChatOptions['systemPrompts']>>()
    expectTypeOf(tools).toExtend<NonNullable<ChatOptions['tools']>>()
    // @ts-expect-error tools must be a list
    expect(() => codemode({ tools: { weather } })).toThrow()
  })
})
