import { createRequire } from 'node:module'
import { createMCPClient } from '@ai-sdk/mcp'
import { Experimental_StdioMCPTransport as StdioTransport } from '@ai-sdk/mcp/mcp-stdio'
import { toolProvider } from '@glovebox/core'
import { type ModelTurn, ScriptedModel } from '@glovebox/testing/scripted-model'
import type { StandardJSONSchemaV1, StandardSchemaV1 } from '@standard-schema/spec'
import { dynamicTool, type InferUITools, jsonSchema, stepCountIs, streamText, type ToolSet, tool } from 'ai'
import { describe, expect, expectTypeOf, it } from 'vitest'
import { z } from 'zod'
import { codemode, type ProgramRun, type WrapOptions } from '../src/index.ts'
import { scriptedLanguageModel } from './scripted-language-model.ts'

const everythingServer = createRequire(import.meta.url).resolve('@modelcontextprotocol/server-everything/dist/index.js')

/** Runs a program with these tools through `streamText`. Returns its output, its states and the model requests. */
async function run(program: string, given: ToolSet, options: Partial<WrapOptions<ToolSet>> = {}) {
  const model = new ScriptedModel([{ program }, { text: 'Done' }])
  const { system, tools } = codemode({ tools: given, ...options })
  const result = streamText({
    model: scriptedLanguageModel(7, model),
    system: system as string,
    tools,
    prompt: 'Continue',
    stopWhen: stepCountIs(3),
  })
  const states: ProgramRun[] = []
  for await (const part of result.fullStream) {
    if (part.type === 'tool-result' && part.toolName === 'run_program') states.push(part.output as ProgramRun)
  }
  const last = states.at(-1)
  return { output: last?.status === 'running' ? undefined : last?.output, states, requests: model.requests }
}

describe('images in the value of a program', () => {
  const camera = toolProvider({
    name: 'camera',
    tools: { shoot: () => ({ type: 'image', mimeType: 'image/png', bytes: new Uint8Array([1, 2, 3]) }) },
  })

  it('reach the model', async () => {
    const { requests } = await run('return [await camera.shoot()]', {}, { providers: [camera] })
    expect(requests[1]).toContain('[3 bytes]')
    expect(requests[1]).toContain('AQID')
    expect(requests[1]).toContain('image/png')
  })

  it.each([
    ['5', (run: object) => run, 'media'],
    ['6 and 7', (run: object) => ({ output: run }), 'image-data'],
  ] as const)('have the form of version %s', (_, wrap, type) => {
    const { run_program: tool } = codemode({ tools: {}, providers: [camera] }).tools
    const images = [{ mediaType: 'image/png', data: 'AQID' }]
    const state = { status: 'succeeded', calls: [], logs: '', output: { result: 1 }, images }
    expect(tool?.toModelOutput?.(wrap(state) as never)).toEqual({
      type: 'content',
      value: [
        { type: 'text', text: '{"result":1}' },
        { type, mediaType: 'image/png', data: 'AQID' },
      ],
    })
  })
})

describe('codemode', () => {
  it('lets a model call tools from a program with a single wrapper call', async () => {
    const weather = tool({
      description: 'The weather in a city.',
      inputSchema: z.object({ city: z.string() }),
      execute: ({ city }) => ({ city, celsius: 21 }),
    })
    const turns: ModelTurn[] = [
      { program: 'return (await tools.weather({ city: "Porto" })).celsius' },
      { text: 'It is 21 °C in Porto.' },
    ]
    const model = new ScriptedModel(turns)

    const { system, tools } = codemode({ system: 'You are a helpful assistant', tools: { weather } })
    const { textStream } = streamText({
      model: scriptedLanguageModel(7, model),
      system,
      tools,
      prompt: 'How warm is it in Porto?',
      stopWhen: stepCountIs(5),
    })

    let text = ''
    for await (const part of textStream) text += part
    expect(text).toBe('It is 21 °C in Porto.')
    expect(system).toMatch(/^You are a helpful assistant\n\n/)
    expect(model.requests[0]).not.toContain('"name":"weather"')
    expect(model.requests[1]).toContain('"output":{"type":"json","value":{"result":21}}')
  })

  it('gives the tool that runs programs the name and description from the options', () => {
    const { system, tools } = codemode({ tools: {}, toolName: 'execute', toolDescription: 'Runs code.' })
    expect(Object.keys(tools)).toEqual(['execute'])
    expect(tools.execute.description).toMatch(/^Runs code\./)
    expect(system).toContain('pass it to execute:')
    // @ts-expect-error no tool has the default name
    expect(tools.run_program).toBeUndefined()
  })

  it('makes a program that calls a direct tool fail with a hint to call it directly', async () => {
    const refund = tool({ inputSchema: z.object({}), needsApproval: true, execute: () => 1 })
    const { output } = await run('return await tools.refund({})', { refund })
    expect(output).toMatchObject({
      error: expect.stringContaining('Programs cannot call refund: call it directly, as a tool.'),
    })
  })

  it('appends its guidance to a system prompt of messages', () => {
    const { system } = codemode({ system: [{ role: 'system', content: 'You sell tea.' }], tools: {} })
    expect(system).toEqual([
      { role: 'system', content: 'You sell tea.' },
      { role: 'system', content: expect.stringContaining('run_program') },
    ])
  })

  it('keeps tools that need a client, a provider or approval as direct tools, and names them in its prompt', () => {
    const inputSchema = z.object({})
    const given = {
      free: tool({ inputSchema, execute: () => 1 }),
      client: tool({ inputSchema, outputSchema: z.string() }),
      provider: { type: 'provider', id: 'x.search', args: {}, inputSchema, isProviderExecuted: true },
      approved: tool({ inputSchema, needsApproval: true, execute: () => 1 }),
      asking: tool({ inputSchema, needsApproval: async () => false, execute: () => 1 }),
      listed: tool({ inputSchema, execute: () => 1 }),
      letThrough: tool({ inputSchema, execute: () => 1 }),
      chosen: tool({ inputSchema, execute: () => 1 }),
    } as ToolSet
    const { system, tools } = codemode({
      tools: given,
      toolApproval: { listed: 'user-approval', letThrough: { type: 'approved' } },
      direct: ['chosen'],
    })
    const { run_program: runProgram, ...direct } = tools
    expect(Object.keys(direct)).toEqual(['client', 'provider', 'approved', 'asking', 'listed', 'chosen'])
    for (const [name, each] of Object.entries(direct)) expect(each).toBe(given[name])
    expect(runProgram.description).toContain('function free(')
    expect(runProgram.description).toContain('function letThrough(')
    expect(system).toContain('client, provider, approved, asking, listed, chosen')
  })

  it.each([
    ['a policy that is a function', { toolApproval: (() => 'denied') as never }, '`toolApproval` must be an object'],
    ['an unknown tool name', { direct: ['nothing'] }, '`direct` lists unknown tools: nothing'],
    [
      'a direct tool named run_program',
      { tools: { run_program: tool({ inputSchema: z.object({}), needsApproval: true, execute: () => 1 }) } },
      'is called run_program',
    ],
    [
      'an asynchronous schema',
      { tools: { late: tool({ inputSchema: jsonSchema(async () => ({})), execute: () => 1 }) } },
      'The tool late cannot be declared: its schema is asynchronous',
    ],
  ])('throws a TypeError for %s', (_title, options, message) => {
    expect(() => codemode({ tools: {}, ...options } as WrapOptions<ToolSet>)).toThrow(message)
  })
})

describe('a tool in a program', () => {
  const seen: unknown[] = []
  const see = (input: unknown) => {
    seen.push(input)
    return input
  }

  it('accepts Zod schemas with transforms, and reports problems with their messages', async () => {
    const inputSchema = z.object({ day: z.string().transform((text) => new Date(text)), times: z.number().default(2) })
    const tools = { zod: tool({ inputSchema, execute: ({ day, times }) => day.getUTCFullYear() * times }) }
    expect((await run('return await tools.zod({ day: "2026-01-01" })', tools)).output).toEqual({ result: 4052 })
    const { output } = await run('return await tools.zod({ day: 1 })', tools)
    expect(output).toEqual({ error: expect.stringContaining('day: Invalid input: expected string, received number') })
  })

  it('has its error message filtered by the `redact` option', async () => {
    const execute = (): string => {
      throw new Error('token=abc123')
    }
    const tools = { fail: tool({ inputSchema: z.object({}), execute }) }
    const output = async (options: Partial<WrapOptions<ToolSet>>) =>
      JSON.stringify((await run('await tools.fail({})', tools, options)).output)
    expect(await output({})).toContain('token=[redacted]')
    expect(await output({ redact: false })).toContain('token=abc123')
    expect(await output({ redact: (_, name) => `filtered for ${name}` })).toContain('filtered for tools.fail')
  })

  it('accepts JSON Schema', async () => {
    const inputSchema = jsonSchema<{ n: number }>({ type: 'object', properties: { n: { type: 'integer' } } })
    const tools = { json: tool({ inputSchema, execute: see }) }
    expect((await run('return await tools.json({ n: 3 })', tools)).output).toEqual({ result: { n: 3 } })
    const { output } = await run('return await tools.json({ n: "x" })', tools)
    expect(output).toEqual({ error: expect.stringContaining('TOOL_INPUT_INVALID') })
  })

  it('accepts Standard Schema', async () => {
    const even: StandardSchemaV1<number> & StandardJSONSchemaV1<number> = {
      '~standard': {
        version: 1,
        vendor: 'test',
        validate: (value) =>
          typeof value === 'number' && value % 2 === 0 ? { value } : { issues: [{ message: 'must be even' }] },
        jsonSchema: { input: () => ({ type: 'number' }), output: () => ({ type: 'number' }) },
      },
    }
    const tools = { even: tool({ inputSchema: even, execute: see }) }
    expect((await run('return await tools.even(4)', tools)).output).toEqual({ result: 4 })
    expect((await run('return await tools.even(3)', tools)).output).toEqual({
      error: expect.stringContaining('must be even'),
    })
  })

  it('receives its call id, its context and the signal of its program', async () => {
    const calls: unknown[] = []
    const tools = {
      who: tool({
        inputSchema: z.object({}),
        contextSchema: z.object({ user: z.string() }),
        description: ({ context }) => `Tells ${context.user} who asks.`,
        onInputAvailable: ({ toolCallId }) => void calls.push(`available ${toolCallId}`),
        execute: (_input, { toolCallId, context, messages, abortSignal }) => {
          calls.push(toolCallId)
          return { context, messages: messages.length, signal: abortSignal instanceof AbortSignal }
        },
      }),
    }
    const options = { toolsContext: { who: { user: 'Ada', secret: 1 } } }
    const { output } = await run('await tools.who({}); return await tools.who({})', tools, options)
    expect(output).toEqual({ result: { context: { user: 'Ada' }, messages: 1, signal: true } })
    expect(calls).toEqual(['available call_1.1', 'call_1.1', 'available call_1.2', 'call_1.2'])
    expect(codemode({ tools, ...options }).tools.run_program.description).toContain('Tells Ada who asks.')
    expect((await run('return await tools.who({})', tools, { toolsContext: { who: {} } })).output).toEqual({
      error: expect.stringContaining('The context of who'),
    })
  })

  it('returns its last value if it streams', async () => {
    const tools = {
      slow: tool({
        inputSchema: z.object({}),
        async *execute() {
          yield 'half'
          yield 'whole'
        },
      }),
    }
    expect((await run('return await tools.slow({})', tools)).output).toEqual({ result: 'whole' })
  })

  it('returns the parsed content of its result if it belongs to a real MCP server', async () => {
    const server = new StdioTransport({ command: process.execPath, args: [everythingServer] })
    const client = await createMCPClient({ transport: server })
    try {
      const { output } = await run(
        `const echoed = await tools.echo({ message: 'hello' })
         const failed = await tools.getSum({ a: 'x', b: 1 }).catch((error) => error.code)
         return { echoed, sum: await tools.getSum({ a: 2, b: 3 }), failed }`,
        await client.tools(),
      )
      expect(output).toEqual({
        result: { echoed: 'Echo: hello', sum: 'The sum of 2 and 3 is 5.', failed: 'TOOL_INPUT_INVALID' },
      })
    } finally {
      await client.close()
    }
  })

  it('is described, but not validated, by its output schema', async () => {
    const inputSchema = z.object({})
    const tools = {
      row: tool({ inputSchema, outputSchema: z.object({ id: z.number() }), execute: () => ({ id: 1, extra: 2 }) }),
      late: tool({ inputSchema, outputSchema: z.string().transform((text) => text.length), execute: () => 5 }),
    }
    const { description } = codemode({ tools }).tools.run_program
    expect(description).toMatch(/function row\(.*\): Promise<\{ id: number \}>/)
    expect(description).toMatch(/function late\(.*\): Promise<unknown>/)
    expect((await run('return [await tools.row({}), await tools.late({})]', tools)).output).toEqual({
      result: [{ id: 1, extra: 2 }, 5],
    })
  })

  it('may return values that only resemble MCP results', async () => {
    const message = { role: 'user', content: [{ type: 'text', text: 'hi' }] }
    const page = { type: 'doc', content: [{ type: 'paragraph', text: 'x' }] }
    const tools = {
      page: tool({ inputSchema: z.object({}), execute: () => page }),
      none: tool({ inputSchema: z.object({}), execute: () => ({ id: 1, content: [] }) }),
      message: tool({ inputSchema: z.object({}), execute: () => message }),
    }
    expect(
      (await run('return [await tools.page({}), await tools.none({}), await tools.message({})]', tools)).output,
    ).toEqual({
      result: [page, { id: 1, content: [] }, message],
    })
  })

  it('fails with the text of an MCP error result if it is dynamic', async () => {
    const failing = dynamicTool({
      inputSchema: z.object({}),
      execute: async () => ({ isError: true, content: [{ type: 'text', text: 'No such issue' }] }),
    })
    expect((await run('return await tools.failing({})', { failing })).output).toEqual({
      error: expect.stringContaining('TOOL_FAILED: ToolError: tools.failing failed: No such issue'),
    })
  })
})

describe('a run of a program', () => {
  it('streams its states while it runs, and only its output reaches the model', async () => {
    const step = Promise.withResolvers<void>()
    const tools = { step: tool({ inputSchema: z.object({}), execute: () => step.promise }) }
    setTimeout(() => step.resolve(), 50)
    const { states, requests } = await run('console.log("begun"); await tools.step({}); return 5', tools)
    const call = { id: 1, tool: 'tools.step', startedMs: expect.any(Number) }
    expect(states[0]).toMatchObject({ status: 'running', logs: 'begun\n', calls: [{ ...call, status: 'running' }] })
    expect(states.at(-1)).toEqual({
      status: 'succeeded',
      logs: 'begun\n',
      calls: [{ ...call, status: 'returned', durationMs: expect.any(Number) }],
      output: { result: 5, logs: 'begun' },
    })
    expect(JSON.parse(JSON.stringify(states))).toEqual(states)
    expect(requests[1]).toContain('"output":{"type":"json","value":{"result":5,"logs":"begun"}}')
    expect(requests[1]).not.toContain('durationMs')
  })

  it('has states of bounded size', async () => {
    const tools = { step: tool({ inputSchema: z.object({}), execute: () => 1 }) }
    const program = 'for (let i = 0; i < 200; i++) { console.log("x".repeat(1_000)); await tools.step({}) }'
    const { states } = await run(program, tools)
    expect(states.at(-1)?.calls).toHaveLength(100)
    expect(states.at(-1)?.logs).toHaveLength(10_000)
  })

  it('is aborted when the iteration ends', async () => {
    const called = Promise.withResolvers<void>()
    const aborted = Promise.withResolvers<string>()
    const tools = {
      wait: tool({
        inputSchema: z.object({}),
        execute: (_input, { abortSignal }) => {
          called.resolve()
          abortSignal?.addEventListener('abort', () => aborted.resolve('aborted'))
          return new Promise(() => {})
        },
      }),
    }
    const { run_program: runProgram } = codemode({ tools }).tools
    const options = { toolCallId: '1', messages: [], context: undefined }
    const states = runProgram.execute?.(
      { code: 'await tools.wait({})' },
      options as never,
    ) as AsyncGenerator<ProgramRun>
    expect((await states.next()).value).toMatchObject({ status: 'running' })
    await called.promise
    await states.return(undefined)
    expect(await aborted.promise).toBe('aborted')
  })
})

describe('types', () => {
  it('preserve the inputs and names of tools, and describe runs for a user interface', () => {
    const weather = tool({
      inputSchema: z.object({ city: z.string() }),
      execute: (input) => {
        expectTypeOf(input).toEqualTypeOf<{ city: string }>()
        return input.city
      },
    })
    const { system, tools } = codemode({ system: 'x', tools: { weather } })
    expectTypeOf(system).toEqualTypeOf<string>()
    expectTypeOf(tools).toExtend<ToolSet>()
    expectTypeOf(tools.weather).toEqualTypeOf<typeof weather | undefined>()
    type Shown = InferUITools<typeof tools>['run_program']
    expectTypeOf<Shown['input']>().toEqualTypeOf<{ code: string }>()
    expectTypeOf<Shown['output']>().toEqualTypeOf<ProgramRun>()
    // @ts-expect-error no tool has this name
    codemode({ tools: { weather }, toolApproval: { wether: 'user-approval' } })
  })
})
