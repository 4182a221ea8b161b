import { BACKENDS } from '@glovebox/backends'
import {
  type ApprovalRequest,
  type CodeModeOptions,
  createCodeMode,
  defineTool,
  type ExecuteOptions,
  type ExecuteResult,
} from '@glovebox/core'
import { afterAll, describe, expect, it } from 'vitest'

const sandbox = BACKENDS.quickjs()
afterAll(() => sandbox.close())

/** Inputs that the tools received, in order. */
function createTools() {
  const received: unknown[] = []
  const write = defineTool({
    inputSchema: {
      type: 'object',
      properties: { path: { type: 'string' }, mode: { type: 'string', default: 'append' }, size: { type: 'number' } },
      required: ['path', 'mode'],
      additionalProperties: false,
    },
    annotations: { destructiveHint: true },
    execute: (input) => {
      received.push(input)
      return 'written'
    },
  })
  const read = defineTool({ annotations: { readOnlyHint: true }, execute: () => 'content' })
  return { received, tools: { write, read } }
}

type Rules = Pick<CodeModeOptions, 'policy' | 'onAsk' | 'askTimeoutMs' | 'around' | 'limits'>

async function run(
  code: string,
  rules: Rules,
  options: ExecuteOptions = {},
): Promise<{ result: ExecuteResult; received: unknown[] }> {
  const { received, tools } = createTools()
  await using codeMode = await createCodeMode({ sandbox, tools, ...rules })
  return { result: await codeMode.execute(code, options), received }
}

const WRITE = "return await tools.write({ path: '/a' })"
const CAUGHT = "try { return await tools.write({ path: '/a' }) } catch (error) { return [error.code, error.message] }"

describe('rules for tool calls', () => {
  it('deny a call with a reason that the program can catch', async () => {
    const { result, received } = await run(CAUGHT, {
      policy: [{ tools: 'tools.write', effect: 'deny', reason: 'this account is read-only' }],
    })
    expect(result).toMatchObject({
      value: ['TOOL_DENIED', 'The call of tools.write was denied: this account is read-only'],
    })
    expect(received).toEqual([])
  })

  it('apply to tools by pattern, identifier and original name', async () => {
    const tools = { read_file: () => 1, readAll: () => 2 }
    const outcomeOf = async (pattern: string | readonly string[]) => {
      const policy = [{ tools: pattern, effect: 'deny' }] as const
      await using codeMode = await createCodeMode({ sandbox, tools, policy })
      const code =
        'const all = await Promise.allSettled([tools.readFile(), tools.readAll()]); return all.map((each) => each.status)'
      const result = await codeMode.execute(code)
      return result.ok && result.value
    }
    const [yes, no] = ['fulfilled', 'rejected']
    expect(await outcomeOf('tools.readFile')).toEqual([no, yes])
    expect(await outcomeOf('tools.read_file')).toEqual([no, yes])
    expect(await outcomeOf('tools.read*')).toEqual([no, no])
    expect(await outcomeOf('*')).toEqual([no, no])
    expect(await outcomeOf('*.*All')).toEqual([yes, no])
    expect(await outcomeOf(['tools.x*', 'tools.*l*l'])).toEqual([yes, no])
    expect(await outcomeOf('*.delete*')).toEqual([yes, yes])
  })

  it('apply to the validated input with its defaults, by schema and by function', async () => {
    const when = { properties: { mode: { const: 'append' } }, required: ['mode'] }
    const bySchema = await run(WRITE, { policy: [{ tools: '*', when, effect: 'deny' }] })
    expect(bySchema.result).toMatchObject({ ok: false, error: { code: 'TOOL_DENIED' } })
    const byFunction = await run(WRITE, {
      policy: [{ tools: '*', when: (input) => (input as { mode: string }).mode === 'truncate', effect: 'deny' }],
    })
    expect(byFunction.result).toMatchObject({ value: 'written' })
  })

  it('are evaluated by effect, whatever their order: deny, ask, allow, and then `otherwise`', async () => {
    const allow = { tools: '*', effect: 'allow' } as const
    const ask = { tools: 'tools.*', effect: 'ask' } as const
    const deny = { tools: 'tools.write', effect: 'deny' } as const
    for (const policy of [
      [allow, ask, deny],
      [deny, ask, allow],
    ]) {
      const { result } = await run(WRITE, { policy, onAsk: async () => 'allow' })
      expect(result).toMatchObject({ ok: false, error: { code: 'TOOL_DENIED' } })
    }
    const closed = { rules: [{ tools: '*.read', effect: 'allow' }], otherwise: 'deny' } as const
    expect((await run('return await tools.read()', { policy: closed })).result).toMatchObject({ value: 'content' })
    expect((await run(WRITE, { policy: closed })).result).toMatchObject({ ok: false })
  })

  it('can use annotations to deny, but not to allow', async () => {
    const policy = [{ tools: '*', annotations: { destructiveHint: true }, effect: 'deny' }] as const
    expect((await run(WRITE, { policy })).result).toMatchObject({ ok: false })
    expect((await run('return await tools.read()', { policy })).result).toMatchObject({ ok: true })
    const loosening = { tools: '*', annotations: { readOnlyHint: true }, effect: 'allow' } as const
    await expect(run(WRITE, { policy: [loosening] })).rejects.toThrow(/cannot allow calls/)
  })

  it.each([
    [
      'throws',
      () => {
        throw new Error('no database')
      },
      /could not be checked: no database/,
    ],
    ['returns something else', () => 1 as never, /must return true or false/],
  ])('deny a call whose condition %s, also in a rule that allows', async (_, when, message) => {
    for (const effect of ['allow', 'deny'] as const) {
      const { result, received } = await run(WRITE, { policy: [{ tools: '*', when, effect }] })
      expect(result).toMatchObject({
        ok: false,
        error: { code: 'TOOL_DENIED', message: expect.stringMatching(message) },
      })
      expect(received).toEqual([])
    }
  })

  it('deny an input that is too costly to check', async () => {
    const node = { anyOf: ['x', 'y'].map((key) => ({ properties: { a: { $ref: '#/$defs/node' } }, required: [key] })) }
    const when = { $ref: '#/$defs/node', $defs: { node } }
    await using codeMode = await createCodeMode({
      sandbox,
      tools: { any: () => 1 },
      policy: [{ tools: '*', when, effect: 'ask' }],
      onAsk: async () => 'allow',
    })
    const code = 'let value = {}; for (let i = 0; i < 60; i++) value = { a: value }; return await tools.any(value)'
    expect(await codeMode.execute(code)).toMatchObject({ ok: false, error: { code: 'TOOL_DENIED' } })
  })

  it.each([
    ['an unknown effect', [{ tools: '*', effect: 'forbid' }], /`effect` must be one of deny, ask, allow/],
    ['a misspelt property', [{ tool: '*', effect: 'deny' }], /has no option `tool`/],
    ['a tool without its namespace', [{ tools: 'write', effect: 'deny' }], /`namespace\.tool`/],
    [
      'a misspelled tool',
      [{ tools: 'tools.wirte', effect: 'deny' }],
      /matches no tool.* Did you mean `tools\.write`\?/,
    ],
    ['a misspelled namespace', [{ tools: 'tool.*', effect: 'deny' }], /matches no tool.* Did you mean `tools\.\*`\?/],
    [
      'a pattern that cannot be asserted',
      [{ tools: '*', when: { pattern: '(a)\\1' }, effect: 'deny' }],
      /not asserted/,
    ],
    ['no list', 'deny', /must be a list of rules/],
    ['a wrong `otherwise`', { rules: [], otherwise: 'no' }, /policy\.otherwise/],
  ])('are refused with %s', async (_, policy, message) => {
    await expect(run(WRITE, { policy: policy as never })).rejects.toThrow(message)
  })
})

describe('a decision', () => {
  const policy = [{ tools: 'tools.write', effect: 'ask', reason: 'it writes files' }] as const

  it('is requested with the tool, the input and the reasons', async () => {
    const requests: ApprovalRequest[] = []
    const { result } = await run(
      WRITE,
      {
        policy,
        onAsk: async (request) => {
          requests.push(request)
          return 'allow'
        },
      },
      { context: { user: 'ada' } },
    )
    expect(result).toMatchObject({ value: 'written' })
    expect(requests).toMatchObject([
      {
        id: 1,
        tool: 'tools.write',
        input: { path: '/a', mode: 'append' },
        reasons: ['it writes files'],
        annotations: { destructiveHint: true },
        context: { user: 'ada' },
      },
    ])
  })

  it.each([
    ['deny', 'The call of tools.write was denied: it was not approved'],
    [{ deny: 'not on a Friday' }, 'The call of tools.write was denied: not on a Friday'],
    ['maybe', /The approval of tools.write failed: a decision is 'allow'/],
  ])('of %j reaches the program as TOOL_DENIED', async (decision, message) => {
    const { result, received } = await run(CAUGHT, { policy, onAsk: async () => decision as never })
    const text = typeof message === 'string' ? message : expect.stringMatching(message)
    expect(result).toMatchObject({ value: ['TOOL_DENIED', text] })
    expect(received).toEqual([])
  })

  it('can edit the input, which is validated and judged again', async () => {
    const edit = (input: unknown): Rules => ({
      policy: [...policy, { tools: '*', when: (each) => (each as { path: string }).path === '/etc', effect: 'deny' }],
      onAsk: async () => ({ edit: input }),
    })
    expect((await run(WRITE, edit({ path: '/b' }))).received).toEqual([{ path: '/b', mode: 'append' }])
    const invalid = await run(WRITE, edit({ path: 1 }))
    expect(invalid.result).toMatchObject({ ok: false, error: { code: 'TOOL_INPUT_INVALID' } })
    const refused = await run(WRITE, edit({ path: '/etc' }))
    expect(refused.result).toMatchObject({ ok: false, error: { code: 'TOOL_DENIED' } })
    expect([...invalid.received, ...refused.received]).toEqual([])
  })

  it('binds the input that was shown: nobody can change it before the tool receives it', async () => {
    const { received } = await run("return await tools.write({ path: '/a' })", {
      policy,
      onAsk: async ({ input }) => {
        expect(() => Object.assign(input as object, { path: '/etc/passwd' })).toThrow(TypeError)
        return 'allow'
      },
    })
    expect(received).toEqual([{ path: '/a', mode: 'append' }])
  })

  it('is requested for each of several calls at once, and the calls beside them end first', async () => {
    const order: string[] = []
    const gate = Promise.withResolvers<'allow'>()
    const { result } = await run(
      `const all = ['/a', '/b', '/c'].map((path) => tools.write({ path }))
       const read = await tools.read()
       return [read, await Promise.all(all)]`,
      {
        policy,
        limits: { concurrentToolCalls: 1 },
        onAsk: ({ input }) => {
          order.push((input as { path: string }).path)
          if (order.length === 3) setTimeout(() => gate.resolve('allow'), 50)
          return gate.promise
        },
        around: async (call, next) => {
          order.push(call.tool)
          return await next()
        },
      },
    )
    expect(result).toMatchObject({ value: ['content', ['written', 'written', 'written']] })
    expect(order.slice(0, 4).sort()).toEqual(['/a', '/b', '/c', 'tools.read'])
  })

  it('takes no wall time of the program', async () => {
    const { result } = await run(WRITE, {
      policy,
      limits: { wallTimeMs: 1_000 },
      onAsk: () => new Promise((resolve) => setTimeout(() => resolve('allow'), 2_000)),
    })
    expect(result).toMatchObject({ value: 'written' })
  })

  it('is a denial without `onAsk`, after the time for it, and when asking fails', async () => {
    const withoutAsking = await run(CAUGHT, { policy })
    expect(withoutAsking.result).toMatchObject({
      value: ['TOOL_DENIED', expect.stringContaining('it writes files; it needs approval')],
    })
    const late = await run(CAUGHT, { policy, askTimeoutMs: 50, onAsk: () => new Promise(() => {}) })
    expect(late.result).toMatchObject({
      value: ['TOOL_DENIED', expect.stringContaining('nobody decided within 50 ms')],
    })
    const broken = await run(CAUGHT, {
      policy,
      onAsk: async () => {
        throw new Error('the terminal is gone')
      },
    })
    expect(broken.result).toMatchObject({ value: ['TOOL_DENIED', expect.stringContaining('the terminal is gone')] })
  })

  it('is not requested if the execution ended while a condition was evaluated', async () => {
    const controller = new AbortController()
    const asked: unknown[] = []
    const evaluated = Promise.withResolvers<void>()
    const running = run(
      WRITE,
      {
        policy: [
          {
            tools: '*',
            effect: 'ask',
            when: async () => {
              controller.abort(new Error('stopped'))
              setTimeout(evaluated.resolve)
              return true
            },
          },
        ],
        onAsk: async (request) => {
          asked.push(request)
          return 'allow'
        },
      },
      { signal: controller.signal },
    )
    await expect(running).rejects.toThrow('stopped')
    await evaluated.promise
    expect(asked).toEqual([])
  })

  it('is abandoned if the execution is aborted', async () => {
    const controller = new AbortController()
    let isAborted = false
    const running = run(
      WRITE,
      {
        policy,
        onAsk: ({ signal }) => {
          signal.addEventListener('abort', () => (isAborted = true))
          setTimeout(() => controller.abort(new Error('stopped')), 20)
          return new Promise(() => {})
        },
      },
      { signal: controller.signal },
    )
    await expect(running).rejects.toThrow('stopped')
    expect(isAborted).toBe(true)
  })
})

describe('`around`', () => {
  it('wraps every allowed call, and its output is validated', async () => {
    const { result } = await run('return [await tools.read(), await tools.read()]', {
      around: async ({ tool, id }, next) => `${tool} ${id}: ${await next()}`,
    })
    expect(result).toMatchObject({ value: ['tools.read 1: content', 'tools.read 2: content'] })
  })

  it('can answer without the tool, and its errors are errors of the call', async () => {
    const cached = await run(WRITE, { around: () => 'cached' })
    expect([cached.result, cached.received]).toMatchObject([{ value: 'cached' }, []])
    const failed = await run(CAUGHT, {
      around: () => {
        throw new Error('over quota')
      },
    })
    expect(failed.result).toMatchObject({ value: ['TOOL_FAILED', 'over quota'] })
  })

  it('is not called for a call that is denied', async () => {
    let calls = 0
    await run(WRITE, {
      policy: [{ tools: '*', effect: 'deny' }],
      around: (_, next) => {
        calls++
        return next()
      },
    })
    expect(calls).toBe(0)
  })
})
