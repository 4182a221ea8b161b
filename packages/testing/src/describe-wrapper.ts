import { type CodeModeOptions, memoryStore, type Waiting } from '@glovebox/core'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { ScriptedModel, type ScriptedTurn } from './scripted-model.ts'

/** A tool of a test, which each framework converts to its own format. */
export interface ToolSpec {
  readonly name: string
  readonly description: string
  readonly schema: z.ZodObject
  readonly needsApproval?: boolean
  execute(input: unknown, signal: AbortSignal | undefined): unknown
}

export interface Question {
  readonly model: ScriptedModel
  readonly tools: readonly ToolSpec[]
  readonly signal: AbortSignal
  /** Stored runs to pass to the wrapper. */
  readonly runs?: NonNullable<CodeModeOptions['runs']>
  /** Returns whether the user approves a call. */
  approve(name: string, input: unknown): boolean
}

export interface WrapperUnderTest {
  /** Name of the framework, with the version if several are tested. */
  readonly name: string
  /** Whether the framework can ask for approvals. Default: true */
  readonly hasApprovals?: boolean
  /** Asks an agent with wrapped tools and returns its final text. */
  ask(question: Question): Promise<string>
}

const NO_INPUT = z.object({})
const ITEM = z.object({ item: z.enum(['tea', 'coffee']).describe('What is sold') })

const tool = (name: string, execute: ToolSpec['execute'], schema: z.ZodObject = NO_INPUT): ToolSpec => ({
  name,
  description: `Gives the ${name}.`,
  schema,
  execute,
})

/** Defines the tests that every framework wrapper must pass. */
export function describeWrapper({ name, hasApprovals = true, ask }: WrapperUnderTest): void {
  const play = async (
    turns: readonly ScriptedTurn[],
    tools: readonly ToolSpec[],
    {
      signal = new AbortController().signal,
      approve = () => true,
      runs,
    }: Partial<Pick<Question, 'signal' | 'approve' | 'runs'>> = {},
  ) => {
    const model = new ScriptedModel(turns)
    const text = await ask({ model, tools, signal, approve, ...(runs && { runs }) })
    return { text, requests: model.requests }
  }

  describe(`${name}: a model that writes programs`, () => {
    it('calls two tools in parallel and receives only the value of the program', async () => {
      // Each tool waits for the other, so sequential calls would never end.
      const [price, stock] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
      const inputs: unknown[] = []
      const tools = [
        tool(
          'price',
          async (input) => {
            inputs.push(input)
            price.resolve()
            await stock.promise
            return 250
          },
          ITEM,
        ),
        tool(
          'stock',
          async (input) => {
            inputs.push(input)
            stock.resolve()
            await price.promise
            return 3
          },
          ITEM,
        ),
      ]
      const program = `
        const item = 'tea'
        const [price, stock] = await Promise.all([tools.price({ item }), tools.stock({ item })])
        return { worth: price * stock }`
      const { text, requests } = await play([{ program }, { text: 'All the tea is worth 7.50.' }], tools)
      expect(text).toBe('All the tea is worth 7.50.')
      expect(inputs).toEqual([{ item: 'tea' }, { item: 'tea' }])
      expect(requests[0]).toContain('function price(input: {')
      expect(requests[0]).toContain('What is sold')
      expect(requests[1]).toMatch(/\\*"worth\\*":\s*750/)
    })

    it('is aborted with its request, together with its program and pending tools', async () => {
      const controller = new AbortController()
      const ended = Promise.withResolvers<unknown>()
      const wait = tool('wait', (_input, signal) => {
        signal?.addEventListener('abort', () => ended.resolve('ended'))
        controller.abort(new Error('The user went away'))
        return new Promise(() => {})
      })
      const turns = [{ program: 'return await tools.wait({})' }, { text: 'never said' }]
      const model = new ScriptedModel(turns)
      const asked = ask({ model, tools: [wait], signal: controller.signal, approve: () => true })
      const outcome = asked.then(
        (text) => text,
        () => 'rejected',
      )
      expect(await ended.promise).toBe('ended')
      expect(await outcome).not.toBe('never said')
      expect(model.requests).toHaveLength(1)
    })

    it('can catch the error of a tool', async () => {
      const broken = tool('broken', () => {
        throw new Error('There is no tea left')
      })
      const program = 'try { await tools.broken({}) } catch (error) { return error.code + ": " + error.message }'
      const { text, requests } = await play([{ program }, { text: 'Sold out.' }], [broken])
      expect(text).toBe('Sold out.')
      expect(requests[1]).toContain('TOOL_FAILED: ')
      expect(requests[1]).toContain('There is no tea left')
    })

    it('receives the reason of a failure and fixes its program', async () => {
      const price = tool('price', () => 250, ITEM)
      const turns = [
        { program: 'return await tools.prize({ item: "tea" })' },
        { program: 'return await tools.price({ item: "milk" })' },
        { program: 'return await tools.price({ item: "tea" })' },
        { text: 'Tea costs 2.50.' },
      ]
      const { text, requests } = await play(turns, [price])
      expect(text).toBe('Tea costs 2.50.')
      expect(requests[1]).toContain('Did you mean tools.price?')
      expect(requests[2]).toContain('TOOL_INPUT_INVALID')
      // Some frameworks convert results to text.
      expect(requests[3]).toMatch(/\\*"result\\*":\s*\\*"?250/)
    })

    it.each([
      { says: 'no', approved: false },
      { says: 'yes', approved: true },
    ])(
      'needs approval for a tool that requires it, and no program bypasses this (answer: $says)',
      async ({ approved }) => {
        const made: unknown[] = []
        const asked: unknown[] = []
        const refund: ToolSpec = {
          ...tool('refund', (input) => made.push(input), z.object({ cents: z.number() })),
          needsApproval: true,
        }
        const turns = [
          { program: 'return await tools.refund({ cents: 5 })' },
          { call: 'refund', input: { cents: 7 } },
          { text: 'Done, as far as I may.' },
        ]
        const approve = (name: string, input: unknown) => {
          asked.push([name, input])
          return approved
        }
        const { text, requests } = await play(turns, [refund, tool('price', () => 1)], { approve })
        expect(text).toBe('Done, as far as I may.')
        expect(requests[1]).toContain('TOOL_NOT_FOUND')
        expect(asked).toEqual([['refund', { cents: 7 }]])
        expect(made).toEqual(approved ? [{ cents: 7 }] : [])
      },
    )

    const REFUND = z.object({ cents: z.number() })
    const createRefund = () => {
      const made: unknown[] = []
      const refund: ToolSpec = { ...tool('refund', (input) => made.push(input), REFUND), needsApproval: true }
      return { made, tools: [refund, tool('price', () => 4)] }
    }
    const PROGRAM = 'const cents = await tools.price({}); return await tools.refund({ cents: cents + 1 })'
    /** The content of `waiting` in a request, however the framework nests it. */
    const waitingIn = (request: string): Waiting => {
      const text = request.replaceAll('\\', '')
      const [, run, input] =
        /"run":\s*"([^"]+)".*?"input":\s*(\{[^}]*\})/.exec(text.slice(text.lastIndexOf('"waiting"'))) ?? []
      if (run === undefined || input === undefined)
        throw new Error(`The request has no waiting call: ${text.slice(-500)}`)
      return { run, calls: [{ call: 2, tool: 'tools.refund', input: JSON.parse(input) }] }
    }

    it.for([
      { says: 'no', approved: false },
      { says: 'yes', approved: true },
    ])(
      'waits in a program for the approval of the framework, which shows the input (answer: $says)',
      async ({ approved }, { skip }) => {
        if (!hasApprovals) return skip('the framework has no approvals')
        const { made, tools } = createRefund()
        const asked: unknown[] = []
        const approve = (called: string, input: unknown) => {
          asked.push([called, (input as Waiting).calls])
          return approved
        }
        const turns: ScriptedTurn[] = [
          { program: PROGRAM },
          (request) => ({ call: 'resume_program', input: waitingIn(request) }),
          { text: 'Done, as far as I may.' },
        ]
        const { text, requests } = await play(turns, tools, { approve, runs: { store: memoryStore() } })
        expect(text).toBe('Done, as far as I may.')
        expect(asked).toEqual([['resume_program', [{ call: 2, tool: 'tools.refund', input: { cents: 5 } }]]])
        expect(made).toEqual(approved ? [{ cents: 5 }] : [])
        if (approved) expect(requests[2]).toMatch(/\\*"result\\*":\s*\\*"?1/)
      },
    )

    it('cannot have another call approved than the one that waits', async ({ skip }) => {
      if (!hasApprovals) return skip('the framework has no approvals')
      const { made, tools } = createRefund()
      const turns: ScriptedTurn[] = [
        { program: PROGRAM },
        (request) => {
          const { run } = waitingIn(request)
          return {
            call: 'resume_program',
            input: { run, calls: [{ call: 2, tool: 'tools.refund', input: { cents: 1 } }] },
          }
        },
        { text: 'I tried.' },
      ]
      const { requests } = await play(turns, tools, { runs: { store: memoryStore() } })
      expect(requests[2]).toContain('RUN_DECISION_INVALID')
      expect(made).toEqual([])
    })
  })
}
