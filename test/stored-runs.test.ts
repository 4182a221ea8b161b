import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { BACKEND_NAMES, BACKENDS } from '@glovebox/backends'
import { describeStore } from '@glovebox/conformance/store'
import {
  Attachment,
  type CallDecision,
  type CodeMode,
  type CodeModeOptions,
  createCodeMode,
  type Decision,
  defineTool,
  type ExecuteResult,
  expectReplay,
  type Lease,
  memoryStore,
  openRuns,
  type RunDetails,
  type RunStore,
  replay,
  rerun,
  type StoredRun,
  sealedStore,
} from '@glovebox/core'
import { adapterOf, createSandbox, type SandboxAdapter } from '@glovebox/core/adapter'
import { sqliteStore } from '@glovebox/store-sqlite'
import { afterAll, beforeEach, describe, expect, it } from 'vitest'

describeStore({ name: 'memoryStore()', create: async () => memoryStore() })

const KEY = { id: 'first', key: new Uint8Array(32).fill(7) }
describeStore({ name: 'sealedStore()', create: async () => sealedStore(memoryStore(), { keys: [KEY] }) })

const sandbox = BACKENDS.quickjs()
const folder = mkdtempSync(join(tmpdir(), 'glovebox-runs-'))
afterAll(async () => {
  await sandbox.close()
  rmSync(folder, { recursive: true })
})

/** Inputs that `pay` received and outputs that `read` gave, in order. */
let ledger: unknown[]
let store: RunStore
beforeEach(() => {
  ledger = []
  store = memoryStore()
})

const tools = {
  pay: defineTool({
    inputSchema: {
      type: 'object',
      properties: { to: { type: 'string' }, amount: { type: 'number' }, currency: { type: 'string', default: 'EUR' } },
      required: ['to', 'amount', 'currency'],
      additionalProperties: false,
    },
    execute: (input: unknown) => {
      ledger.push(input)
      return { paid: (input as { amount: number }).amount }
    },
  }),
  read: () => {
    ledger.push('read')
    return ledger.length
  },
}

const ASK: CodeModeOptions['policy'] = [{ tools: 'tools.pay', effect: 'ask', reason: 'it spends money' }]

const open = (options: Partial<CodeModeOptions> = {}): Promise<CodeMode> =>
  createCodeMode({ sandbox, tools, policy: ASK, runs: { store }, ...options })

const READ = 'await tools.read()'

type Suspended = Extract<ExecuteResult, { status: 'suspended' }>

async function suspend(code: string, codeMode: CodeMode, options = {}): Promise<Suspended> {
  const result = await codeMode.execute(code, options)
  expect(result).toMatchObject({ status: 'suspended', error: { code: 'RUN_SUSPENDED' } })
  return result as Suspended
}

/** The same decision on every call that waits. */
const decideAll = ({ pending }: Suspended, decision: CallDecision['decision']): CallDecision[] =>
  pending.map(({ call, digest }) => ({ call, digest, decision }))

async function collect<Item>(items: AsyncIterable<Item>): Promise<Item[]> {
  const collected: Item[] = []
  for await (const item of items) collected.push(item)
  return collected
}

const PAY = "return await tools.pay({ to: 'ada', amount: 5 })"
const CAUGHT =
  "try { return await tools.pay({ to: 'ada', amount: 5 }) } catch (error) { return [error.code, error.message] }"

describe('a run that waits for approval', () => {
  it('says what it waits for, and goes on in another code mode once allowed', async () => {
    await using first = await open()
    const suspended = await suspend(
      `console.log('before'); const result = ${PAY.slice(7)}; console.log('after'); return result`,
      first,
    )
    expect(suspended.pending).toEqual([
      {
        call: 1,
        tool: 'tools.pay',
        state: 'asked',
        input: { to: 'ada', amount: 5, currency: 'EUR' },
        digest: expect.stringMatching(/^[0-9a-f]{64}$/),
        reasons: ['it spends money'],
      },
    ])
    expect(suspended.calls).toMatchObject([{ id: 1, tool: 'tools.pay', outcome: 'waiting' }])
    expect(suspended.logs.map(({ text }) => text)).toEqual(['before'])
    expect(suspended.error.message).toContain('waits for a decision on tools.pay')
    await first.close()

    await using second = await open()
    const result = await second.resume(suspended.run, { decisions: decideAll(suspended, 'allow') })
    expect(result).toMatchObject({ status: 'succeeded', value: { paid: 5 } })
    expect(result.logs.map(({ text }) => text)).toEqual(['before', 'after'])
    expect(result.calls).toMatchObject([{ id: 1, outcome: 'returned' }])
    expect(ledger).toEqual([{ to: 'ada', amount: 5, currency: 'EUR' }])
  })

  it.each<[string, Decision, unknown, unknown[]]>([
    ['denied', 'deny', ['TOOL_DENIED', 'The call of tools.pay was denied: it was not approved'], []],
    ['denied with a reason', { deny: 'too much' }, ['TOOL_DENIED', 'The call of tools.pay was denied: too much'], []],
    ['edited', { edit: { to: 'ben', amount: 1 } }, { paid: 1 }, [{ to: 'ben', amount: 1, currency: 'EUR' }]],
    [
      'edited to an invalid input',
      { edit: { to: 'ben' } },
      ['TOOL_INPUT_INVALID', expect.stringContaining('amount')],
      [],
    ],
  ])('and is %s', async (_, decision, value, paid) => {
    await using codeMode = await open()
    const suspended = await suspend(CAUGHT, codeMode)
    const result = await codeMode.resume(suspended.run, { decisions: decideAll(suspended, decision) })
    expect(result).toMatchObject({ status: 'succeeded', value })
    expect(ledger).toEqual(paid)
  })

  it('keeps the bytes of attachments that its program received', async () => {
    const bytes = new Uint8Array([1, 2, 3])
    const shoot = () => {
      ledger.push('shoot')
      return new Attachment(bytes, { type: 'image', mimeType: 'image/png' })
    }
    const code = `const shot = await tools.shoot(); await tools.read({ shot }); ${PAY.slice(7)}; return [shot, await shot.bytes()]`
    await using first = await open({ tools: { ...tools, shoot } })
    const suspended = await suspend(code, first)
    await first.close()

    const image = { type: 'image', mimeType: 'image/png', bytes }
    await using second = await open({ tools: { ...tools, shoot } })
    const result = await second.resume(suspended.run, { decisions: decideAll(suspended, 'allow') })
    expect(result).toMatchObject({ status: 'succeeded', value: [image, bytes] })
    expect(second.tool.images(result)).toEqual([{ mediaType: 'image/png', data: 'AQID' }])
    expect(await second.resume(suspended.run)).toMatchObject({ value: [image, bytes] })
    expect(ledger.filter((each) => each === 'shoot')).toHaveLength(1)

    const run = JSON.parse(JSON.stringify(await openRuns({ store }).get(suspended.run))) as RunDetails
    expect(await replay(sandbox, run)).toEqual({ isSame: true })
    expect(await rerun(sandbox, run)).toMatchObject({ value: [image, bytes] })
  })

  it('asks about all calls of a turn together, after the calls beside them', async () => {
    await using codeMode = await open()
    const suspended = await suspend(
      `const pay = (amount) => tools.pay({ to: 'ada', amount })
       return await Promise.all([pay(1), tools.read(), pay(2), pay(3)])`,
      codeMode,
    )
    expect(suspended.pending.map(({ call }) => call)).toEqual([1, 3, 4])
    expect(ledger).toEqual(['read'])
    const [first, ...others] = decideAll(suspended, 'allow') as [CallDecision, ...CallDecision[]]
    const again = await codeMode.resume(suspended.run, { decisions: [first] })
    expect(again).toMatchObject({ status: 'suspended', pending: [{ call: 3 }, { call: 4 }] })
    const result = await codeMode.resume(suspended.run, { decisions: others })
    expect(result).toMatchObject({ value: [{ paid: 1 }, 1, { paid: 2 }, { paid: 3 }] })
    expect(ledger).toHaveLength(4)
  })

  it('waits for each call of a loop', async () => {
    await using codeMode = await open()
    let result = await codeMode.execute(
      "let sum = 0; for (const amount of [1, 2, 3]) sum += (await tools.pay({ to: 'ada', amount })).paid; return sum",
    )
    for (let call = 1; call <= 3; call++) {
      expect(result).toMatchObject({ status: 'suspended', pending: [{ call }] })
      result = await codeMode.resume((result as Suspended).run, { decisions: decideAll(result as Suspended, 'allow') })
    }
    expect(result).toMatchObject({ value: 6 })
    expect(ledger).toHaveLength(3)
  })

  it('fails at its deadline, also while it is suspended', async () => {
    await using codeMode = await open({ runs: { store, deadlineMs: 60 } })
    const suspended = await suspend(PAY, codeMode)
    const failed = { status: 'failed', error: { code: 'LIMIT_WALL_TIME' }, calls: [{ outcome: 'cancelled' }] }
    // Before the deadline, a decision would still count.
    const deadline = JSON.parse((await store.load(suspended.run))?.header ?? '').deadline as number
    while (Date.now() < deadline) await new Promise((resolve) => setTimeout(resolve, 5))
    expect(await codeMode.resumeDue()).toEqual([{ run: suspended.run, status: 'failed' }])
    expect(await codeMode.resume(suspended.run, { decisions: decideAll(suspended, 'allow') })).toMatchObject(failed)
    expect(ledger).toEqual([])
  })

  it('fails at its deadline while it runs', async () => {
    await using codeMode = await open({ runs: { store, deadlineMs: 60 } })
    const result = await codeMode.execute('await new Promise((resolve) => setTimeout(resolve, 30_000))')
    expect(result).toMatchObject({ status: 'failed', error: { message: 'The run did not end before its deadline' } })
  })

  it('stays suspended until there is a decision', async () => {
    await using codeMode = await open()
    const suspended = await suspend(PAY, codeMode)
    const again = await codeMode.resume(suspended.run)
    expect(again).toMatchObject({ status: 'suspended', run: suspended.run, pending: suspended.pending })
    expect(again.calls).toMatchObject([{ outcome: 'waiting' }])
  })

  it('resolves to its result again after its end, without a second call', async () => {
    await using codeMode = await open()
    const suspended = await suspend(`console.log('once'); ${PAY}`, codeMode)
    const decisions = decideAll(suspended, 'allow')
    const first = await codeMode.resume(suspended.run, { decisions })
    const second = await codeMode.resume(suspended.run, { decisions })
    expect(second).toMatchObject({ status: 'succeeded', value: { paid: 5 }, logs: [{ text: 'once' }] })
    expect(second.calls).toEqual(first.calls)
    expect(ledger).toHaveLength(1)
  })

  it('resolves to its error again after its end', async () => {
    await using codeMode = await open()
    const suspended = await suspend(`${PAY.replace('return ', '')}\nthrow new RangeError('no')`, codeMode)
    const first = await codeMode.resume(suspended.run, { decisions: decideAll(suspended, 'allow') })
    expect(first).toMatchObject({ error: { code: 'CODE_THREW', name: 'RangeError', message: 'no', line: 2 } })
    const { status, ok, error } = (await codeMode.resume(suspended.run)) as Extract<ExecuteResult, { ok: false }>
    expect({ status, ok, error }).toEqual({ status: 'failed', ok: false, error: (first as { error: unknown }).error })
  })

  it('accepts a decision twice, and no second, different one', async () => {
    await using codeMode = await open()
    const suspended = await suspend(PAY, codeMode)
    const runs = openRuns({ store })
    await runs.decide(suspended.run, decideAll(suspended, 'deny'))
    await runs.decide(suspended.run, decideAll(suspended, 'deny'))
    await expect(runs.decide(suspended.run, decideAll(suspended, 'allow'))).rejects.toMatchObject({
      code: 'RUN_DECISION_INVALID',
      message: 'Call 1 was decided differently',
    })
    expect(await codeMode.resume(suspended.run)).toMatchObject({ error: { code: 'TOOL_DENIED' } })
  })

  it('refuses a decision on another input, on another call, or of another kind', async () => {
    await using codeMode = await open()
    const suspended = await suspend(PAY, codeMode)
    const { run, pending } = suspended
    const [{ digest }] = pending as [Suspended['pending'][number]]
    for (const decision of [
      { call: 1, digest: digest.replace(/./g, '0'), decision: 'allow' },
      { call: 2, digest, decision: 'allow' },
      { call: 1, digest, decision: 'retry' },
      { call: 1, digest, decision: { output: 1 } },
    ] as CallDecision[])
      await expect(codeMode.resume(run, { decisions: [decision] })).rejects.toMatchObject({
        code: 'RUN_DECISION_INVALID',
      })
    expect(await codeMode.resume(run)).toMatchObject({ status: 'suspended', pending })
    expect(ledger).toEqual([])
  })

  it('is refused if its tool has changed since, with the difference', async () => {
    await using first = await open()
    const suspended = await suspend(PAY, first)
    await openRuns({ store }).decide(suspended.run, decideAll(suspended, 'allow'))
    const inputSchema = { type: 'object', properties: { currency: { default: 'USD' } }, required: ['currency'] }
    await using second = await open({ tools: { pay: defineTool({ ...tools.pay, inputSchema }) } })
    const ended = await second.resume(suspended.run)
    expect(ended).toMatchObject({ ok: false, error: { code: 'TOOL_CHANGED', tool: 'tools.pay' } })
    expect(ended.ok ? '' : ended.error.message).toMatch(
      /^tools\.pay has changed since the run started.*\n- .*amount: number/s,
    )
    expect(ledger).toEqual([])
  })

  it('is not refused because of another tool that has changed, or a description', async () => {
    await using first = await open()
    const code = `${READ}\n${PAY}`
    const suspended = await suspend(code, first)
    const changed = {
      read: defineTool({ inputSchema: { type: 'object' }, execute: tools.read }),
      pay: { ...tools.pay, description: 'Pays.' },
    }
    await using second = await open({ tools: changed })
    const ended = await second.resume(suspended.run, { decisions: decideAll(suspended, 'allow') })
    expect(ended).toMatchObject({ ok: true, value: { paid: 5 } })
    expect(ledger).toEqual(['read', expect.objectContaining({ amount: 5 })])
  })

  it('is not refused because its schema is written in another order, or described in other words', async () => {
    await using first = await open()
    const suspended = await suspend(PAY, first)
    const inputSchema = {
      required: ['currency', 'amount', 'to'],
      additionalProperties: false,
      title: 'Payment',
      properties: {
        currency: { default: 'EUR', type: 'string', description: 'Three letters' },
        amount: { type: 'number' },
        to: { type: 'string' },
      },
      type: 'object',
    }
    await using second = await open({ tools: { pay: defineTool({ ...tools.pay, inputSchema }) } })
    const ended = await second.resume(suspended.run, { decisions: decideAll(suspended, 'allow') })
    expect(ended).toMatchObject({ ok: true, value: { paid: 5 } })
  })

  it.each([
    ['destroys something now', { pay: { ...tools.pay, annotations: { destructiveHint: true } } }],
    [
      'is another one with the same identifier',
      { 'p-ay': tools.read, pay: { ...tools.pay, inputSchema: { type: 'string' } } },
    ],
  ])('is refused if its tool %s', async (_, changed) => {
    await using first = await open()
    const suspended = await suspend(PAY, first)
    await using second = await open({ tools: changed })
    const ended = await second.resume(suspended.run, { decisions: decideAll(suspended, 'allow') })
    expect(ended).toMatchObject({ ok: false, error: { code: 'TOOL_CHANGED' } })
    expect(ledger).toEqual([])
  })

  it('can be caught by the program if its tool has changed, and a new run calls the new tool', async () => {
    await using first = await open()
    const suspended = await suspend(CAUGHT, first)
    const pay = defineTool({ execute: () => 'new' })
    await using second = await open({ tools: { pay } })
    expect(await second.resume(suspended.run, { decisions: decideAll(suspended, 'allow') })).toMatchObject({
      value: ['TOOL_CHANGED', expect.stringContaining('+ ')],
    })
    await using third = await open({ tools: { pay }, policy: [] })
    expect(await third.execute(PAY)).toMatchObject({ value: 'new' })
  })

  it('is denied by a rule that was added since, whatever was decided', async () => {
    await using first = await open()
    const suspended = await suspend(CAUGHT, first)
    await using second = await open({ policy: [{ tools: '*.pay', effect: 'deny' }] })
    const result = await second.resume(suspended.run, { decisions: decideAll(suspended, 'allow') })
    expect(result).toMatchObject({ value: ['TOOL_DENIED', expect.anything()] })
    expect(ledger).toEqual([])
  })

  it('needs a decision even if no rule asks any more', async () => {
    await using first = await open()
    const suspended = await suspend(PAY, first)
    await using second = await open({ policy: [] })
    expect(await second.resume(suspended.run)).toMatchObject({ status: 'suspended' })
    expect(ledger).toEqual([])
    const result = await second.resume(suspended.run, { decisions: decideAll(suspended, 'allow') })
    expect(result).toMatchObject({ value: { paid: 5 } })
  })

  it('needs a decision on each call, even if another was decided and no rule asks any more', async () => {
    await using first = await open()
    const suspended = await suspend(
      "return await Promise.all([1, 2].map((amount) => tools.pay({ to: 'ada', amount })))",
      first,
    )
    const [one] = decideAll(suspended, 'allow') as [CallDecision]
    await using second = await open({ policy: [] })
    const again = await second.resume(suspended.run, { decisions: [one] })
    expect(again).toMatchObject({ status: 'suspended', pending: [{ call: 2 }] })
    expect(ledger).toHaveLength(1)
  })

  it('is denied when its time is over', async () => {
    await using codeMode = await open({ runs: { store, approvalExpireMs: 1 } })
    const suspended = await suspend(CAUGHT, codeMode)
    expect(suspended.pending[0]?.expiresAt).toBeTypeOf('number')
    await new Promise((resolve) => setTimeout(resolve, 5))
    await expect(codeMode.resume(suspended.run, { decisions: decideAll(suspended, 'allow') })).rejects.toThrow(
      'The time for a decision on call 1 is over',
    )
    const result = await codeMode.resume(suspended.run)
    expect(result).toMatchObject({ value: ['TOOL_DENIED', expect.stringContaining('nobody decided in time')] })
  })

  it('is due when the time for a decision is over', async () => {
    await using codeMode = await open({ runs: { store, approvalExpireMs: 1 } })
    const suspended = await suspend(CAUGHT, codeMode, { principal: 'ada' })
    await sleep(5)
    // The host acts for the principal of each run.
    expect(await codeMode.resumeDue()).toEqual([{ run: suspended.run, status: 'succeeded' }])
  })

  it('waits for nothing once it has ended', async () => {
    await using codeMode = await open()
    await codeMode.execute(
      "return await Promise.race([tools.pay({ to: 'ada', amount: 5 }), new Promise((resolve) => setTimeout(resolve, 20, 'late'))])",
      { run: 'raced' },
    )
    const runs = openRuns({ store })
    const { pending, entries } = await runs.get('raced')
    expect(pending).toEqual([])
    const asked = entries.find(({ type }) => type === 'asked') as { digest: string }
    const decided = runs.decide('raced', [{ call: 1, digest: asked.digest, decision: 'allow' }])
    await expect(decided).rejects.toMatchObject({ code: 'RUN_DECISION_INVALID' })
    expect((await runs.get('raced')).status).toBe('succeeded')
  })

  it('belongs to its principal', async () => {
    await using codeMode = await open()
    const suspended = await suspend(PAY, codeMode, { principal: 'ada' })
    const { run } = suspended
    const runs = codeMode.runs as NonNullable<CodeMode['runs']>
    const forbidden = { code: 'RUN_FORBIDDEN' }
    for (const principal of ['ben', undefined]) {
      await expect(codeMode.resume(run, { decisions: decideAll(suspended, 'allow'), principal })).rejects.toMatchObject(
        forbidden,
      )
      await expect(runs.get(run, { principal })).rejects.toMatchObject(forbidden)
      await expect(runs.delete(run, { principal })).rejects.toMatchObject(forbidden)
      expect(await collect(runs.list({}, { principal }))).toEqual([])
    }
    expect(await collect(runs.list({}, { principal: 'ada' }))).toMatchObject([{ run, status: 'suspended' }])
    const result = await codeMode.resume(run, { decisions: decideAll(suspended, 'allow'), principal: 'ada' })
    expect(result).toMatchObject({ value: { paid: 5 } })
    const { entries } = await runs.get(run, { principal: 'ada' })
    expect(entries.find(({ type }) => type === 'decided')).toMatchObject({ by: 'ada' })
  })

  it('asks `authorize` who may do what', async () => {
    const asked: string[] = []
    const authorize: NonNullable<CodeModeOptions['runs']>['authorize'] = ({ action, principal }) => {
      asked.push(action)
      return principal === 'chief' || action === 'read'
    }
    await using codeMode = await open({ runs: { store, authorize } })
    const suspended = await suspend(PAY, codeMode, { principal: 'ada' })
    const decisions = decideAll(suspended, 'allow')
    await expect(codeMode.resume(suspended.run, { decisions, principal: 'ada' })).rejects.toMatchObject({
      code: 'RUN_FORBIDDEN',
    })
    expect(await codeMode.resume(suspended.run, { decisions, principal: 'chief' })).toMatchObject({ ok: true })
    expect(new Set(asked)).toEqual(new Set(['resume', 'decide']))
  })

  it('takes no wall time while it is suspended', async () => {
    await using codeMode = await open({ limits: { wallTimeMs: 2_000 } })
    const suspended = await suspend(PAY, codeMode)
    await new Promise((resolve) => setTimeout(resolve, 2_100))
    const result = await codeMode.resume(suspended.run, { decisions: decideAll(suspended, 'allow') })
    expect(result).toMatchObject({ ok: true })
    expect(result.usage.wallTimeMs).toBeLessThan(2_000)
  })

  it('is asked in this process first, and waits in the store when nobody decides in time', async () => {
    await using codeMode = await open({ onAsk: () => new Promise(() => {}), askTimeoutMs: 20 })
    const suspended = await suspend(PAY, codeMode)
    const result = await codeMode.resume(suspended.run, { decisions: decideAll(suspended, 'allow') })
    expect(result).toMatchObject({ value: { paid: 5 } })
  })

  it('records a decision of this process, so that nobody is asked twice', async () => {
    let asked = 0
    const onAsk = async () => {
      asked++
      return 'allow' as const
    }
    await using codeMode = await open({ onAsk })
    const result = await codeMode.execute(PAY, { run: 'decided here' })
    expect(result).toMatchObject({ ok: true })
    const { entries } = await openRuns({ store }).get('decided here')
    expect(entries.map(({ type }) => type)).toEqual(['in', 'call', 'asked', 'decided', 'started', 'settled', 'ended'])
    expect(asked).toBe(1)
  })

  it('lets timers fire that are due before the end of its wall time', async () => {
    await using codeMode = await open()
    const result = await codeMode.execute(
      `return await Promise.race([tools.pay({ to: 'ada', amount: 5 }), new Promise((resolve) => setTimeout(resolve, 20, 'late'))])`,
    )
    expect(result).toMatchObject({ value: 'late', calls: [{ outcome: 'cancelled' }] })
  })

  it('is due when a timer is that fires after its wall time', async () => {
    await using codeMode = await open({ limits: { wallTimeMs: 1_000 } })
    const suspended = await suspend(
      `return await Promise.race([tools.pay({ to: 'ada', amount: 5 }), new Promise((resolve) => setTimeout(resolve, 1500, 'late'))])`,
      codeMode,
    )
    expect(await codeMode.resumeDue()).toEqual([])
    await new Promise((resolve) => setTimeout(resolve, 1_600))
    expect(await codeMode.resumeDue()).toEqual([{ run: suspended.run, status: 'succeeded' }])
    expect(await codeMode.resume(suspended.run)).toMatchObject({ value: 'late' })
  })

  it('is due once it is decided', async () => {
    await using codeMode = await open()
    const suspended = await suspend(PAY, codeMode)
    expect(await codeMode.resumeDue()).toEqual([])
    await openRuns({ store }).decide(suspended.run, decideAll(suspended, 'allow'))
    expect(await codeMode.resumeDue()).toEqual([{ run: suspended.run, status: 'succeeded' }])
    expect(ledger).toHaveLength(1)
  })

  it.each(BACKEND_NAMES)('goes on in another process of %s', async (backend) => {
    await using other = BACKENDS[backend]()
    const path = join(folder, `${backend}.db`)
    const code = `
      const random = Math.random(), began = Date.now()
      const rows = new Map([['a', new Date(0)], ['b', 2n]])
      const read = await tools.read()
      console.log('read', read)
      const { paid } = await tools.pay({ to: 'ada', amount: 5 })
      return { paid, read, rows, isSame: random === Number(String(random)), passed: Date.now() >= began }`
    let suspended: Suspended
    {
      await using kept = sqliteStore(path)
      await using codeMode = await open({ sandbox: other, runs: { store: kept } })
      suspended = await suspend(code, codeMode)
    }
    await using kept = sqliteStore(path)
    await using codeMode = await open({ sandbox: other, runs: { store: kept } })
    const result = await codeMode.resume(suspended.run, { decisions: decideAll(suspended, 'allow') })
    expect(result).toMatchObject({ value: { paid: 5, read: 1, isSame: true, passed: true } })
    expect(result.ok && (result.value as { rows: unknown }).rows).toEqual(
      new Map<string, unknown>([
        ['a', new Date(0)],
        ['b', 2n],
      ]),
    )
    expect(ledger).toHaveLength(2)
  })

  it('goes on on another backend', async () => {
    await using other = BACKENDS['isolated-vm']()
    await using first = await open()
    const suspended = await suspend(`const read = await tools.read(); ${PAY}`, first)
    await using second = await open({ sandbox: other })
    const result = await second.resume(suspended.run, { decisions: decideAll(suspended, 'allow') })
    expect(result).toMatchObject({ value: { paid: 5 } })
    expect(ledger).toHaveLength(2)
  })
})

describe('a run that hibernates', () => {
  it.each(BACKEND_NAMES)('gives up its guest of %s while it waits, and goes on with what it had', async (backend) => {
    await using other = BACKENDS[backend]()
    const [gate, called] = [Promise.withResolvers<string>(), Promise.withResolvers<void>()]
    const slow = () => {
      called.resolve()
      return gate.promise
    }
    await using codeMode = await open({
      sandbox: other,
      tools: { ...tools, slow },
      policy: [],
      runs: { store, hibernateAfterMs: 20 },
    })
    const execution = codeMode.execute(`
      const seen = [await tools.read()]
      console.log('read', seen[0])
      const timer = new Promise((resolve) => setTimeout(resolve, 150, 'timer'))
      seen.push(await timer, await tools.slow(), await tools.read())
      return seen`)
    await called.promise
    await sleep(100)
    expect(ledger).toEqual(['read'])
    gate.resolve('slow')
    const result = await execution
    expect(result).toMatchObject({ value: [1, 'timer', 'slow', 2], logs: [{ text: 'read 1' }] })
    expect(ledger).toEqual(['read', 'read'])
    expect(result.calls.map(({ outcome }) => outcome)).toEqual(['returned', 'returned', 'returned'])
  })

  it('has no guest while it waits', async () => {
    const gate = Promise.withResolvers<number>()
    let alive = 0
    await using other = BACKENDS.quickjs()
    const adapter = countGuests(adapterOf(other), (change) => {
      alive += change
    })
    await using counted = createSandbox(adapter, { ready: 0 })
    await using codeMode = await open({
      sandbox: counted,
      tools: { slow: () => gate.promise },
      policy: [],
      runs: { store, hibernateAfterMs: 1 },
    })
    const executions = Array.from({ length: 100 }, (_, index) =>
      codeMode.execute(`return ${index} + await tools.slow()`),
    )
    while (alive > 0 || (await countEntries('call')) < executions.length) await sleep(20)
    gate.resolve(1)
    const values = (await Promise.all(executions)).map((result) => result.ok && result.value)
    expect(values).toEqual(Array.from({ length: 100 }, (_, index) => index + 1))
  })

  it('ends with its limit of time, and with its code mode', async () => {
    const runs = { store, hibernateAfterMs: 1 }
    await using codeMode = await open({
      tools: { slow: () => new Promise(() => {}) },
      runs,
      policy: [],
      limits: { wallTimeMs: 300 },
    })
    expect(await codeMode.execute('await tools.slow()')).toMatchObject({ error: { code: 'LIMIT_WALL_TIME' } })
    const pending = codeMode.execute('await tools.slow()')
    const rejected = expect(pending).rejects.toMatchObject({ code: 'SANDBOX_CLOSED' })
    await sleep(100)
    await codeMode.close()
    await rejected
  })
})

/** Returns an adapter that reports each guest that it starts (1) and that ends (-1). */
const countGuests = (adapter: SandboxAdapter, report: (change: number) => void): SandboxAdapter => ({
  name: adapter.name,
  engine: adapter.engine,
  guarantees: adapter.guarantees,
  close: () => adapter.close(),
  [Symbol.asyncDispose]: () => adapter.close(),
  start: async (init) => {
    const guest = await adapter.start(init)
    report(1)
    guest.exited.then(() => report(-1))
    return guest
  },
})

/** Counts the stored entries of one type. */
async function countEntries(type: string): Promise<number> {
  let count = 0
  for await (const { run } of store.list())
    count += (await store.load(run))?.entries.filter((entry) => entry.startsWith(`{"type":"${type}"`)).length ?? 0
  return count
}

const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

describe('a stored run', () => {
  it('is refused where it does something else, and stays as it was', async () => {
    await using other = BACKENDS['isolated-vm']()
    await using first = await open()
    // QuickJS and V8 print functions differently.
    const suspended = await suspend(`await tools.read([].map.toString().length); ${PAY}`, first)
    const before = await store.load(suspended.run)
    await using second = await open({ sandbox: other })
    const decisions = decideAll(suspended, 'allow')
    await openRuns({ store }).decide(suspended.run, decisions)
    const decided = await store.load(suspended.run)
    await expect(second.resume(suspended.run)).rejects.toMatchObject({ code: 'RUN_RUNTIME_MISMATCH' })
    expect((await store.load(suspended.run))?.entries).toEqual(decided?.entries)
    expect(decided?.entries.length).toBe((before?.entries.length ?? 0) + 1)
    expect(await first.resume(suspended.run)).toMatchObject({ value: { paid: 5 } })
  })

  it('can be listed, read and deleted', async () => {
    await using codeMode = await open({ policy: [] })
    await codeMode.execute(PAY, { run: 'paid' })
    await codeMode.execute('throw new Error()', { run: 'thrown' })
    const runs = openRuns({ store })
    const listed = await collect(runs.list())
    expect(listed.map(({ run, status }) => [run, status]).sort()).toEqual([
      ['paid', 'succeeded'],
      ['thrown', 'failed'],
    ])
    const { code, entries, pending } = await runs.get('paid')
    expect(code).toBe(PAY)
    expect(entries.map(({ type }) => type)).toEqual(['in', 'call', 'started', 'settled', 'ended'])
    expect(pending).toEqual([])
    expect(await runs.deleteEnded(Date.now() + 1)).toBe(2)
    await expect(runs.get('paid')).rejects.toMatchObject({ code: 'RUN_NOT_FOUND' })
    await expect(runs.delete('paid')).rejects.toMatchObject({ code: 'RUN_NOT_FOUND' })
  })

  it('has one id', async () => {
    await using codeMode = await open({ policy: [] })
    await codeMode.execute('return 1', { run: 'mine' })
    await expect(codeMode.execute('return 2', { run: 'mine' })).rejects.toMatchObject({ code: 'RUN_CONFLICT' })
  })

  it('hands each call a key of its own', async () => {
    const keys: unknown[] = []
    const tool = (_: unknown, { idempotencyKey, attempt }: { idempotencyKey?: string; attempt?: number }) => {
      keys.push([idempotencyKey, attempt])
    }
    await using codeMode = await open({ tools: { tool }, policy: [] })
    await codeMode.execute('await tools.tool(); await tools.tool()', { run: 'keyed' })
    expect(keys).toEqual([
      ['keyed.1', 1],
      ['keyed.2', 1],
    ])
  })

  it('ends with an error of its own if the store fails before a tool is called', async () => {
    const bounded = sqliteStore(join(folder, 'full.db'), { maxBytes: 200_000 })
    await using codeMode = await open({ runs: { store: bounded }, policy: [] })
    const failed = codeMode.execute(`await tools.read('x'.repeat(1_000_000)); return 1`)
    await expect(failed).rejects.toMatchObject({ code: 'RUN_STORE_FAILED', message: expect.stringContaining('full') })
    expect(ledger).toEqual([])
    await bounded.close()
  })

  it('needs a store', async () => {
    await using codeMode = await createCodeMode({ sandbox, tools })
    expect(codeMode.runs).toBeUndefined()
    await expect(codeMode.resume('run')).rejects.toThrow('pass `runs` to createCodeMode()')
    await expect(codeMode.execute('return 1', { run: 'mine' })).rejects.toThrow('need a store')
  })
})

describe('a sealed store', () => {
  const NEXT = { id: 'next', key: new Uint8Array(32).fill(8) }
  const CANARY = 'canary-5b1f'
  const claim = { owner: 'one', ttlMs: 60_000 }

  it('shows nothing of programs and values', async () => {
    const path = join(folder, 'sealed.db')
    const plain = sqliteStore(path)
    await using codeMode = await open({ runs: { store: sealedStore(plain, { keys: [KEY] }) }, policy: [] })
    const code = `console.log('${CANARY}'); await tools.read('${CANARY}'); return '${CANARY}'`
    expect(await codeMode.execute(code, { run: 'sealed' })).toMatchObject({ value: CANARY })
    expect(JSON.stringify(await plain.load('sealed'))).not.toContain(CANARY)
    expect(await codeMode.resume('sealed')).toMatchObject({ value: CANARY })
    await plain.close()
    for (const suffix of ['', '-wal']) {
      const file = path + suffix
      if (existsSync(file)) expect(readFileSync(file).includes(CANARY)).toBe(false)
    }
  })

  it('opens what an older key has sealed', async () => {
    const kept = memoryStore()
    const lease = await sealedStore(kept, { keys: [KEY] }).create({ run: 'old', startedAt: 1, header: 'h' }, claim)
    const rotated = sealedStore(kept, { keys: [NEXT, KEY] })
    await rotated.append(lease, { from: 0, entries: ['a'], status: 'running' })
    expect(await rotated.load('old')).toMatchObject({ header: 'h', entries: ['a'] })
    await expect(sealedStore(kept, { keys: [NEXT] }).load('old')).rejects.toThrow('not sealed with any of the keys')
  })

  it('refuses texts that were changed or moved', async () => {
    const kept = memoryStore()
    const sealed = sealedStore(kept, { keys: [KEY] })
    const lease = await sealed.create({ run: 'one', startedAt: 1, header: 'h' }, claim)
    await sealed.append(lease, { from: 0, entries: ['a', 'b'], status: 'running' })
    const { header, entries } = (await kept.load('one')) as StoredRun
    const tamperings: [string, string, readonly string[]][] = [
      ['swapped', header, [entries[1] as string, entries[0] as string]],
      ['changed', header, [`${(entries[0] as string).slice(0, -8)}AAAAAAA=`]],
      ['plain', header, ['a']],
      ['moved', header, entries],
    ]
    for (const [run, head, texts] of tamperings) {
      const other = await kept.create({ run, startedAt: 1, header: head }, claim)
      await kept.append(other, { from: 0, entries: texts, status: 'running' })
      await expect(sealed.load(run)).rejects.toMatchObject({ code: 'RUN_STORE_FAILED' })
    }
  })

  it('refuses invalid keys', () => {
    const kept = memoryStore()
    const invalid: [object[], string][] = [
      [[], 'at least one key'],
      [[{ ...KEY, id: 'a.b' }], 'must match'],
      [[{ ...KEY, key: new Uint8Array(16) }], 'of 32 bytes'],
      [[KEY, KEY], 'Two keys are called first'],
      [[{ ...KEY, algorithm: 'x' }], 'has no option `algorithm`'],
    ]
    for (const [keys, message] of invalid) expect(() => sealedStore(kept, { keys: keys as never })).toThrow(message)
  })
})

describe('a replay of a stored run', () => {
  const CODE = `
    const amount = await tools.read({ of: 'amount' })
    console.log('paying', amount, Math.random() < 2)
    const { paid } = await tools.pay({ to: 'ada', amount })
    return { paid, id: crypto.randomUUID() }`

  async function record(): Promise<RunDetails> {
    await using codeMode = await open()
    const suspended = await suspend(CODE, codeMode)
    await codeMode.resume(suspended.run, { decisions: decideAll(suspended, 'allow') })
    return await openRuns({ store }).get(suspended.run)
  }

  it('is the same, without calling tools, also from JSON', async () => {
    const run = await record()
    const called = ledger.length
    expect(await replay(sandbox, run)).toEqual({ isSame: true })
    await expectReplay(sandbox, JSON.parse(JSON.stringify(run)) as RunDetails)
    expect(ledger).toHaveLength(called)
  })

  it('tells the first difference of another program', async () => {
    const run = await record()
    const changed = { ...run, code: CODE.replace("of: 'amount'", "of: 'all'") }
    expect(await replay(sandbox, changed)).toMatchObject({
      isSame: false,
      at: 'entry',
      divergence: { expected: { tool: 'tools.read', input: 'j{"of":"amount"}' }, received: { input: 'j{"of":"all"}' } },
    })
    await expect(expectReplay(sandbox, changed)).rejects.toMatchObject({ code: 'REPLAY_DIVERGED' })
    const renamed = { ...run, code: CODE.replace('{ paid,', '{ sum: paid,') }
    await expect(expectReplay(sandbox, renamed)).rejects.toThrow('was recorded')
  })

  it('shows what happens with another output', async () => {
    const run = await record()
    const called = ledger.length
    const same = await rerun(sandbox, run)
    expect(same).toMatchObject({ value: { paid: 1 }, logs: [{ text: 'paying 1 true' }] })
    const ended = run.entries.find((entry) => entry.type === 'ended')
    expect(ended?.message).toContain((same as { value: { id: string } }).value.id)
    expect(await rerun(sandbox, run, { outputs: { 2: { paid: 77 } } })).toMatchObject({ value: { paid: 77 } })
    expect(await rerun(sandbox, run, { outputs: { 1: 9 } })).toMatchObject({
      error: { code: 'TOOL_FAILED', message: 'The record has no such call of tools.pay' },
    })
    await expect(rerun(sandbox, run, { outputs: { 3: 1 } })).rejects.toThrow('The run has no call 3')
    expect(ledger).toHaveLength(called)
  })
})

describe('a rollback', () => {
  const revertible = (name: string, fails = false) =>
    defineTool({
      execute: (input: unknown) => {
        ledger.push([name, input])
        return `${name} ${ledger.length}`
      },
      revert: (input: unknown, output: unknown) => {
        if (fails) throw new Error('too late')
        ledger.push(['undo', name, input, output])
      },
    })

  it('undoes the calls that returned, the last first, each once, and goes on past failures', async () => {
    const set = {
      first: revertible('first'),
      late: revertible('late', true),
      last: revertible('last'),
      read: tools.read,
    }
    const look = defineTool({ annotations: { readOnlyHint: true }, execute: () => 1 })
    const fail = () => {
      throw new Error('failed')
    }
    await using codeMode = await open({ tools: { ...set, look, fail }, policy: [] })
    await codeMode.execute(
      `await tools.first(1); await tools.late(2); await tools.look(); await tools.read(); await tools.last(3)
       await tools.fail()`,
      { run: 'undone' },
    )
    ledger = []
    const expected = [
      { call: 5, tool: 'tools.last', outcome: 'reverted' },
      { call: 4, tool: 'tools.read', outcome: 'kept' },
      { call: 2, tool: 'tools.late', outcome: 'failed', message: 'too late' },
      { call: 1, tool: 'tools.first', outcome: 'reverted' },
    ]
    expect(await codeMode.rollback('undone')).toEqual(expected)
    expect(ledger).toEqual([
      ['undo', 'last', 3, 'last 4'],
      ['undo', 'first', 1, 'first 1'],
    ])
    expect(await codeMode.rollback('undone')).toEqual(expected)
    expect(ledger).toHaveLength(2)
    const run = await openRuns({ store }).get('undone')
    expect(run.status).toBe('failed')
    expect(await replay(sandbox, run)).toEqual({ isSame: true })
    expect(await codeMode.resume('undone')).toMatchObject({ error: { code: 'TOOL_FAILED' } })
  })

  it('undoes an edited call with the input that its tool received', async () => {
    const pay = {
      ...revertible('pay'),
      inputSchema: { type: 'object', properties: { currency: { default: 'EUR' } }, required: ['currency'] },
    }
    await using codeMode = await open({ tools: { pay }, onAsk: async () => ({ edit: { amount: 2 } }) })
    await codeMode.execute('return await tools.pay({ amount: 1 })', { run: 'edited' })
    expect(await codeMode.rollback('edited')).toMatchObject([{ outcome: 'reverted' }])
    const [made, undone] = ledger as [unknown[], unknown[]]
    expect(made[1]).toEqual({ amount: 2, currency: 'EUR' })
    expect(undone).toEqual(['undo', 'pay', made[1], 'pay 1'])
  })

  it('does not undo a call again whose undoing was cut off', async () => {
    await using codeMode = await open({ tools: { pay: revertible('pay') }, policy: [] })
    await codeMode.execute('await tools.pay(1)', { run: 'cut' })
    const lease = (await store.claim('cut', { owner: 'other', ttlMs: 1 })) as Lease
    const { entries } = (await store.load('cut')) as StoredRun
    await store.append(lease, { from: entries.length, entries: ['{"type":"reverting","call":1}'], status: 'succeeded' })
    await store.release(lease)
    expect(await codeMode.rollback('cut')).toMatchObject([{ call: 1, outcome: 'uncertain' }])
    expect(ledger).toHaveLength(1)
  })

  it('refuses a run that has not ended', async () => {
    await using codeMode = await open()
    const { run } = await suspend(PAY, codeMode)
    await expect(codeMode.rollback(run)).rejects.toMatchObject({ code: 'RUN_CONFLICT' })
  })
})
