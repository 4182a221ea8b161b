import { toolProvider } from '@glovebox/core'
import { quickjs } from '@glovebox/quickjs'
import {
  Agent,
  type FunctionTool,
  RunContext,
  type ToolInputGuardrailDefinition,
  tool,
  toolNamespace,
  webSearchTool,
} from '@openai/agents'
import { describe, expect, expectTypeOf, it } from 'vitest'
import { z } from 'zod'
import { codemode } from '../src/index.ts'

const parameters = z.object({})

const camera = toolProvider({
  name: 'camera',
  tools: { shoot: () => ({ type: 'image', mimeType: 'image/png', bytes: new Uint8Array([1, 2, 3]) }) },
})
const SHOT = '{"result":[{"type":"image","mimeType":"image/png","bytes":"[3 bytes]"}]}'

/** Runs a program as the SDK does. */
async function run(code: string, given: Parameters<typeof codemode<{ user: string }>>[0]['tools']): Promise<unknown> {
  const { tools } = await codemode<{ user: string }>({ tools: given })
  const [runProgram] = tools as FunctionTool<{ user: string }>[]
  const details = { toolCall: { type: 'function_call', callId: 'call_1', name: 'run_program', arguments: '' } } as const
  return await runProgram?.invoke(new RunContext({ user: 'Ada' }), JSON.stringify({ code }), details)
}

it('images in the value of a program reach the model', async () => {
  const { tools } = await codemode({ tools: [], providers: [camera] })
  const [runProgram] = tools as FunctionTool[]
  const code = 'return [await camera.shoot()]'
  expect(await runProgram?.invoke(new RunContext({}), JSON.stringify({ code }))).toEqual([
    { type: 'text', text: SHOT },
    { type: 'image', image: { mediaType: 'image/png', data: 'AQID' } },
  ])
})

describe('codemode', () => {
  it('keeps agents and hosted, guarded, conditional, approved and same-named tools as direct tools', async () => {
    const guardrail: ToolInputGuardrailDefinition = {
      type: 'tool_input',
      name: 'x',
      run: async () => ({ behavior: { type: 'allow' } }),
    } as never
    const direct = [
      webSearchTool(),
      tool({ name: 'approved', description: '', parameters, needsApproval: true, execute: () => '1' }),
      tool({
        name: 'asking',
        description: '',
        parameters,
        needsApproval: async (_run, _input) => false,
        execute: () => '1',
      }),
      tool({ name: 'guarded', description: '', parameters, inputGuardrails: [guardrail], execute: () => '1' }),
      tool({ name: 'sometimes', description: '', parameters, isEnabled: () => true, execute: () => '1' }),
      new Agent({ name: 'other' }).asTool({ toolName: 'other', toolDescription: '' }) as never,
      tool({
        name: 'curious',
        description: '',
        parameters: z.object({ cents: z.number() }),
        // `length` does not count rest parameters.
        needsApproval: async (...[, { cents }]) => cents.toFixed() === '3',
        execute: () => '1',
      }),
      ...['crm', 'billing'].flatMap((name) =>
        toolNamespace({
          name,
          description: name,
          tools: [tool({ name: 'lookup', description: '', parameters, execute: () => name })],
        }),
      ),
    ]
    const free = tool({ name: 'free', description: '', parameters, execute: () => '1' })
    const { tools, instructions } = await codemode({ instructions: 'You sell tea.', tools: [...direct, free] })
    expect(tools.slice(1)).toEqual(direct)
    expect(instructions).toMatch(/^You sell tea\.\n\n/)
    expect(instructions).toContain('web_search, approved, asking, guarded, sometimes, other, curious, lookup.')
  })

  it('does not mention disabled tools', async () => {
    const off = tool({ name: 'off', description: '', parameters, isEnabled: false, execute: () => '1' })
    const { tools, instructions } = await codemode({ tools: [off], direct: ['off'] })
    expect(tools.slice(1)).toEqual([off])
    expect(instructions).not.toContain('off')
    expect((tools[0] as FunctionTool).description).not.toContain('off(')
  })

  it('appends its guidance to instructions that depend on the run', async () => {
    const given = (run: RunContext<{ user: string }>) => `You serve ${run.context.user}.`
    const { instructions } = await codemode({ instructions: given, tools: [] })
    const agent = new Agent<{ user: string }>({ name: 'x', instructions })
    expect(await agent.getSystemPrompt(new RunContext({ user: 'Ada' }))).toMatch(/^You serve Ada\.\n\n.*run_program/s)
  })
})

describe('a tool in a program', () => {
  it('receives its call, its run context and the signal of its program', async () => {
    const who = tool<typeof parameters, { user: string }, unknown>({
      name: 'who',
      description: '',
      parameters,
      execute: (_input, run, details) => ({
        user: run?.context.user,
        id: details?.toolCall?.callId,
        name: details?.toolCall?.name,
        signal: details?.signal instanceof AbortSignal,
      }),
    })
    expect(await run('await tools.who({}); return await tools.who({})', [who])).toEqual({
      result: { user: 'Ada', id: 'call_1.2', name: 'who', signal: true },
    })
  })

  it('receives the non-enumerable call details of the SDK', async () => {
    const told = Symbol('kept for itself')
    const details = Object.defineProperty({}, told, { value: 'parent', enumerable: false })
    const curious = tool({
      name: 'curious',
      description: '',
      parameters,
      execute: (_input, _run, given) => String(Reflect.get(given as object, told)),
    })
    const { tools } = await codemode({ tools: [curious] })
    const runProgram = tools[0] as FunctionTool
    expect(await runProgram.invoke(new RunContext({}), '{"code":"tools.curious({})"}', details)).toEqual({
      result: 'parent',
    })
  })

  it('throws its errors into the program, unless a custom error function provides a result', async () => {
    const broken = (name: string, options: { errorFunction?: null | (() => string) }) =>
      tool({
        name,
        description: '',
        parameters,
        ...options,
        execute: () => {
          throw new Error('secret')
        },
      })
    const tools = [
      broken('silent', {}),
      broken('plain', { errorFunction: null }),
      broken('polite', { errorFunction: () => 'sorry' }),
    ]
    const program = `const caught = (error) => error.code + ': ' + error.message
      return [await tools.silent({}).catch(caught), await tools.plain({}).catch(caught), await tools.polite({})]`
    expect(await run(program, tools)).toEqual({
      result: [
        'TOOL_FAILED: An error occurred while running the tool. Please try again.',
        'TOOL_FAILED: secret',
        'sorry',
      ],
    })
  })

  it('throws on a timeout, unless a custom function provides a result', async () => {
    const slow = (name: string, options: { timeoutErrorFunction?: () => string }) =>
      tool({
        name,
        description: '',
        parameters,
        timeoutMs: 20,
        ...options,
        execute: () => new Promise<string>(() => {}),
      })
    const tools = [slow('plain', {}), slow('polite', { timeoutErrorFunction: () => 'too late' })]
    const program = 'return [await tools.plain({}).catch((error) => error.code), await tools.polite({})]'
    expect(await run(program, tools)).toEqual({ result: ['TOOL_FAILED', 'too late'] })
  })

  it('is described, but not validated, by its output schema, as in the SDK', async () => {
    const outputSchema = { type: 'object', properties: { a: { type: 'string' } } } as never
    const loose = tool({ name: 'loose', description: '', parameters, outputSchema, execute: () => ({ a: 1 }) as never })
    expect(await run('return await tools.loose({})', [loose])).toEqual({ result: { a: 1 } })
  })

  it('is denied to programs if it needs approval later', async () => {
    let mind = false
    const fickle = tool({
      name: 'fickle',
      description: '',
      parameters,
      needsApproval: async () => mind,
      execute: () => '1',
    })
    const { tools } = await codemode({ tools: [fickle] })
    mind = true
    const output = await (tools[0] as FunctionTool).invoke(new RunContext({}), '{"code":"await tools.fickle({})"}')
    expect(output).toEqual({ error: expect.stringContaining('TOOL_DENIED') })
  })
})

describe('run_program', () => {
  it('reports invalid calls to the model, and host errors to the host', async () => {
    const sandbox = quickjs()
    const { tools } = await codemode({ tools: [], sandbox })
    const runProgram = tools[0] as FunctionTool
    expect(await runProgram.invoke(new RunContext({}), '{"code":"ret')).toMatch(/^The call could not be read: /)
    expect(await runProgram.invoke(new RunContext({}), '{}')).toEqual({ error: expect.stringContaining('`code`') })
    await sandbox.close()
    await expect(runProgram.invoke(new RunContext({}), '{"code":"1"}')).rejects.toThrow('is closed')
  })
})

describe('types', () => {
  it('preserve the run context and the inputs of tools', async () => {
    const given = tool({
      name: 'weather',
      description: '',
      parameters: z.object({ city: z.string() }),
      execute: (input) => {
        expectTypeOf(input).toEqualTypeOf<{ city: string }>()
        return input.city
      },
    })
    const { instructions, tools } = await codemode({ instructions: 'x', tools: [given] })
    new Agent({ name: 'x', instructions, tools })
    // @ts-expect-error tools must be a list
    await codemode({ tools: { given } }).catch(() => {})
  })
})
