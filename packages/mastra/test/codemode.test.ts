import { Mastra } from '@mastra/core'
import { Agent, type ToolsInput } from '@mastra/core/agent'
import { RequestContext } from '@mastra/core/request-context'
import { createTool, type RequireToolApprovalFn, type ToolExecutionContext } from '@mastra/core/tools'
import { describe, expect, expectTypeOf, it } from 'vitest'
import { z } from 'zod'
import { codemode } from '../src/index.ts'

const inputSchema = z.object({})

/** Runs a program as an agent does. */
async function run(code: string, given: ToolsInput, context: object = {}): Promise<unknown> {
  const { run_program: runProgram } = codemode({ tools: given }).tools
  return await runProgram.execute?.({ code }, context as ToolExecutionContext)
}

describe('codemode', () => {
  it('keeps tools that need approval, suspend or are not created by Mastra as direct tools', () => {
    const direct = {
      approved: createTool({
        id: 'approved',
        description: '',
        inputSchema,
        requireApproval: true,
        execute: async () => 1,
      }),
      asking: createTool({
        id: 'asking',
        description: '',
        inputSchema,
        requireApproval: () => false,
        execute: async () => 1,
      }),
      pausing: createTool({
        id: 'pausing',
        description: '',
        inputSchema,
        suspendSchema: z.object({}),
        execute: async () => 1,
      }),
      paused: createTool({
        id: 'paused',
        description: '',
        inputSchema,
        resumeSchema: z.object({}),
        execute: async () => 1,
      }),
      provided: {
        type: 'provider-defined',
        id: 'x.y',
        name: 'y',
        args: {},
        inputSchema,
        execute: async () => 1,
      } as never,
      client: createTool({ id: 'client', description: '', inputSchema }),
      foreign: { description: '', inputSchema, execute: async () => 1 } as never,
    }
    const free = createTool({ id: 'free', description: 'Does it.', inputSchema, execute: async () => 1 })
    const { instructions, tools } = codemode({ instructions: 'You sell tea.', tools: { ...direct, free } })
    const { run_program: runProgram, ...rest } = tools
    expect(rest).toEqual(direct)
    expect(runProgram.description).toContain('function free(')
    expect(instructions).toMatch(/^You sell tea\.\n\n/)
    expect(instructions).toContain('approved, asking, pausing, paused, provided, client, foreign')
  })

  it.each([
    ['texts', ['You sell tea.'], ['You sell tea.', expect.stringContaining('run_program')]],
    [
      'a message',
      { role: 'system', content: 'You sell tea.' },
      [
        { role: 'system', content: 'You sell tea.' },
        { role: 'system', content: expect.stringContaining('run_program') },
      ],
    ],
    ['nothing', undefined, expect.stringContaining('run_program')],
  ])('appends its guidance to instructions that are %s', (_title, instructions, expected) => {
    expect(codemode({ instructions: instructions as never, tools: {} }).instructions).toEqual(expected)
  })
})

describe('a tool in a program', () => {
  it('receives its call id, its context and the signal of its program', async () => {
    const who = createTool({
      id: 'who',
      description: '',
      inputSchema,
      execute: async (_input, { requestContext, abortSignal, agent }) => ({
        user: requestContext?.get('user'),
        id: agent?.toolCallId,
        signal: abortSignal instanceof AbortSignal,
      }),
    })
    const context = { requestContext: new RequestContext([['user', 'Ada']]), agent: { toolCallId: 'call_1' } }
    expect(await run('await tools.who({}); return await tools.who({})', { who }, context)).toEqual({
      result: { user: 'Ada', id: 'call_1.2', signal: true },
    })
  })

  it('parses its input with its own schema, and reports problems as errors', async () => {
    const year = createTool({
      id: 'year',
      description: '',
      inputSchema: z.object({
        day: z
          .string()
          .refine((text) => text !== 'never')
          .transform((text) => new Date(text)),
      }),
      execute: async ({ day }) => day.getUTCFullYear(),
    })
    expect(await run('return await tools.year({ day: "2026-01-01" })', { year })).toEqual({ result: 2026 })
    for (const day of ['1', '"never"']) {
      const output = await run(`return await tools.year({ day: ${day} })`, { year })
      expect(output).toEqual({ error: expect.stringMatching(/TOOL_INPUT_INVALID: .*day/s) })
    }
  })

  it('accepts and returns values that its own schemas allow and JSON Schema cannot express', async () => {
    const next = createTool({
      id: 'next',
      description: '',
      inputSchema: z.object({ day: z.date(), days: z.coerce.number() }),
      outputSchema: z.object({ day: z.date() }),
      execute: async ({ day, days }) => ({ day: new Date(day.getTime() + days * 86_400_000) }),
    })
    const code = 'return (await tools.next({ day: new Date(0), days: "2" })).day.toISOString()'
    expect(await run(code, { next })).toEqual({ result: '1970-01-03T00:00:00.000Z' })
    const wrong = createTool({
      id: 'wrong',
      description: '',
      inputSchema,
      outputSchema: z.object({ day: z.date() }),
      execute: async () => ({ day: 'today' }) as never,
    })
    const output = await run('return await tools.wrong({})', { wrong })
    expect(output).toEqual({ error: expect.stringContaining('TOOL_OUTPUT_INVALID') })
  })

  it('has its hooks called, and an error of a hook has no effect', async () => {
    const told: object[] = []
    const echo = createTool({
      id: 'echo',
      description: '',
      inputSchema: z.object({ text: z.string() }),
      execute: async ({ text }) => text,
    })
    Object.assign(echo, {
      onInputAvailable: ({ toolCallId, input }: { toolCallId: string; input: object }) =>
        told.push({ toolCallId, input }),
      onOutput: ({ toolCallId, output }: { toolCallId: string; output: unknown }) => {
        told.push({ toolCallId, output })
        throw new Error('a hook that fails')
      },
    })
    const context = { agent: { toolCallId: 'call_1' } }
    expect(await run('return await tools.echo({ text: "hi" })', { echo }, context)).toEqual({ result: 'hi' })
    expect(told).toEqual([
      { toolCallId: 'call_1.1', input: { text: 'hi' } },
      { toolCallId: 'call_1.1', output: 'hi' },
    ])
  })

  it('is denied calls that need approval because of their arguments', async () => {
    const made: unknown[] = []
    const refund = createTool({
      id: 'refund',
      description: '',
      inputSchema: z.object({ cents: z.number() }),
      execute: async (input) => made.push(input),
    })
    const requireToolApproval: RequireToolApprovalFn = ({ toolName, args }) =>
      toolName === 'refund' && Number(args.cents) > 100
    const { run_program: runProgram } = codemode({ tools: { refund }, requireToolApproval }).tools
    const code = 'await tools.refund({ cents: 5 }); await tools.refund({ cents: 500 })'
    const output = await runProgram.execute?.({ code }, {} as ToolExecutionContext)
    expect(output).toEqual({
      error: expect.stringContaining('TOOL_DENIED'),
      completed: expect.stringContaining('tools.refund'),
    })
    expect(made).toEqual([{ cents: 5 }])
  })

  it('is denied calls that need approval because of the request context or because the policy throws', async () => {
    const made: unknown[] = []
    const refund = createTool({ id: 'refund', description: '', inputSchema, execute: async () => made.push('refund') })
    const requireToolApproval: RequireToolApprovalFn = ({ requestContext }) => {
      if (requestContext?.role === undefined) throw new Error('no role')
      return requestContext.role === 'trainee'
    }
    const { run_program: runProgram } = codemode({ tools: { refund }, requireToolApproval }).tools
    const outputs = []
    for (const role of ['trainee', undefined, 'manager']) {
      const requestContext = new RequestContext(role === undefined ? [] : [['role', role]])
      outputs.push(
        await runProgram.execute?.({ code: 'return await tools.refund({})' }, {
          requestContext,
        } as ToolExecutionContext),
      )
    }
    const denied = { error: expect.stringContaining('TOOL_DENIED') }
    expect(outputs).toEqual([denied, denied, { result: 1 }])
  })

  it('is denied if Mastra authorizes each tool', async () => {
    const made: unknown[] = []
    const secret = createTool({ id: 'secret', description: '', inputSchema, execute: async () => made.push('secret') })
    const fga = { require: async () => {}, check: async () => true }
    const mastra = new Mastra({ server: { fga: fga as never }, logger: false })
    const output = await run('return await tools.secret({})', { secret }, { mastra })
    expect(output).toEqual({ error: expect.stringMatching(/TOOL_DENIED: .* in `direct`/) })
    expect(made).toEqual([])
  })

  it('can neither suspend its program nor read the resume data of another call', async () => {
    const asking = createTool({
      id: 'asking',
      description: '',
      inputSchema,
      execute: async (_input, { agent }) => (agent?.resumeData === undefined ? agent?.suspend({}) : 'approved'),
    })
    const context = { agent: { toolCallId: 'call_1', resumeData: { approved: true }, suspend: async () => {} } }
    expect(await run('return await tools.asking({})', { asking }, context)).toEqual({
      error: expect.stringMatching(/TOOL_DENIED: .* in `direct`/),
    })
  })
})

describe('types', () => {
  it('preserve the names and inputs of tools, and fit an agent', () => {
    const weather = createTool({
      id: 'weather',
      description: '',
      inputSchema: z.object({ city: z.string() }),
      execute: async (input) => {
        expectTypeOf(input).toEqualTypeOf<{ city: string }>()
        return input.city
      },
    })
    const { instructions, tools } = codemode({ instructions: 'x', tools: { weather } })
    expectTypeOf(tools).toHaveProperty('run_program')
    const renamed = codemode({ tools: {}, toolName: 'execute' }).tools
    expectTypeOf(renamed).toHaveProperty('execute')
    expect(Object.keys(renamed)).toEqual(['execute'])
    expectTypeOf<(typeof tools)['weather']>().toEqualTypeOf<typeof weather | undefined>()
    new Agent({ id: 'x', name: 'x', instructions, tools, model: 'openai/x' })
    // @ts-expect-error tools must be a record
    expect(() => codemode({ tools: [weather], direct: ['weather'] })).toThrow()
  })
})
