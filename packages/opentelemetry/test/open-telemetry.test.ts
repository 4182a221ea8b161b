import { createCodeMode, type ExecuteOptions, type ExecuteResult, memoryStore, type ToolRecord } from '@glovebox/core'
import { quickjs } from '@glovebox/quickjs'
import { context, SpanStatusCode, trace } from '@opentelemetry/api'
import {
  InMemorySpanExporter,
  NodeTracerProvider,
  type ReadableSpan,
  SimpleSpanProcessor,
} from '@opentelemetry/sdk-trace-node'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { openTelemetry } from '../src/index.ts'

const exporter = new InMemorySpanExporter()
const provider = new NodeTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] })
const sandbox = quickjs()

beforeAll(() => provider.register())
afterEach(() => exporter.reset())
afterAll(async () => {
  await sandbox.close()
  await provider.shutdown()
  trace.disable()
  context.disable()
})

async function traced(code: string, tools: ToolRecord = {}, options: ExecuteOptions = {}) {
  await using codeMode = await createCodeMode({ sandbox, tools, telemetry: openTelemetry() })
  const outcome = await codeMode.execute(code, options).catch((error: unknown) => error)
  const spans = new Map(exporter.getFinishedSpans().map((span) => [span.name, span]))
  return { outcome, spans, span: (name: string) => spans.get(name) as ReadableSpan }
}

describe('an execution', () => {
  it('has a span below that of its caller, with its usage', async () => {
    const { span } = await trace.getTracer('test').startActiveSpan('caller', async (caller) => {
      const result = await traced('return 1')
      caller.end()
      return result
    })
    const execution = span('execute_program')
    const caller = exporter.getFinishedSpans().find(({ name }) => name === 'caller')
    expect(execution.parentSpanContext?.spanId).toBe(caller?.spanContext().spanId)
    expect(execution.status.code).toBe(SpanStatusCode.UNSET)
    expect(execution.attributes).toMatchObject({ 'glovebox.sandbox': 'quickjs', 'glovebox.tool_calls': 0 })
    expect(execution.attributes).not.toHaveProperty('glovebox.program')
  })

  it('records how it failed', async () => {
    const { span } = await traced('null.x')
    expect(span('execute_program').attributes['error.type']).toBe('CODE_THREW')
    expect(span('execute_program').status.code).toBe(SpanStatusCode.ERROR)
  })

  it('ends its span and those of its calls on an abort, even if the tools never settle', async () => {
    for (const reason of [new RangeError('enough'), Object.create(null)]) {
      const controller = new AbortController()
      const hang = () => {
        controller.abort(reason)
        return new Promise(() => {})
      }
      const { outcome, span } = await traced('await tools.hang()', { hang }, { signal: controller.signal })
      expect(outcome).toBe(reason)
      await expect.poll(() => exporter.getFinishedSpans().length).toBe(2)
      const type = reason instanceof RangeError ? 'RangeError' : '_OTHER'
      expect(span('execute_program').attributes['error.type']).toBe(type)
      const call = exporter.getFinishedSpans().find(({ name }) => name === 'execute_tool tools.hang')
      expect(call?.attributes['error.type']).toBe(type)
      exporter.reset()
    }
  })

  it('records its program if `recordPrograms` is set', async () => {
    await using codeMode = await createCodeMode({
      sandbox,
      tools: {},
      telemetry: openTelemetry({ recordPrograms: true, tracer: trace.getTracer('other') }),
    })
    await codeMode.execute('return 2')
    expect(exporter.getFinishedSpans()[0]?.attributes['glovebox.program']).toBe('return 2')
  })
})

describe('a tool call', () => {
  it('has a span below its execution, with conventional attributes, that is active while its tool runs', async () => {
    const tools = {
      work: async () => {
        await Promise.resolve()
        trace.getTracer('tool').startSpan('inside').end()
        return 1
      },
    }
    const { span } = await traced('return Promise.all([tools.work(), tools.work()])', tools)
    const call = span('execute_tool tools.work')
    expect(call.parentSpanContext?.spanId).toBe(span('execute_program').spanContext().spanId)
    expect(span('inside').parentSpanContext?.traceId).toBe(call.spanContext().traceId)
    const calls = exporter.getFinishedSpans().filter(({ name }) => name === 'execute_tool tools.work')
    expect(calls.map(({ attributes }) => attributes['gen_ai.tool.call.id'])).toEqual(['1', '2'])
    expect(calls.map((each) => each.spanContext().spanId)).toContain(span('inside').parentSpanContext?.spanId)
    expect(call.attributes).toMatchObject({
      'gen_ai.operation.name': 'execute_tool',
      'gen_ai.tool.name': 'tools.work',
      'gen_ai.tool.type': 'function',
    })
  })

  it('records how it failed without the credentials in the message', async () => {
    const broken = () => {
      throw new TypeError('GET https://joe:hunter2@example.com failed')
    }
    const { spans } = await traced('await tools.broken()', { broken })
    const messages = [...spans.values()].map(({ status }) => status.message)
    expect(messages).toEqual(Array(2).fill(expect.stringContaining('GET https://[redacted]@example.com failed')))
  })

  it('records how it failed', async () => {
    const broken = () => {
      throw new TypeError('no')
    }
    const { span } = await traced('await tools.broken().catch(() => {}); await tools.missing()', { broken })
    expect(span('execute_tool tools.broken').attributes['error.type']).toBe('TypeError')
    expect(span('execute_tool tools.missing').attributes['error.type']).toBe('TOOL_NOT_FOUND')
  })
})

describe('a run that is suspended and resumed', () => {
  it('has spans that link to its start, and none for what it only repeats', async () => {
    await using codeMode = await createCodeMode({
      sandbox,
      tools: { read: () => 1, pay: () => 2 },
      policy: [{ tools: 'tools.pay', effect: 'ask' }],
      telemetry: openTelemetry(),
      runs: { store: memoryStore() },
    })
    const result = await codeMode.execute('return (await tools.read()) + (await tools.pay())')
    const { run, pending } = result as Extract<ExecuteResult, { status: 'suspended' }>
    const first = exporter.getFinishedSpans()
    expect(first.map(({ name }) => name)).toEqual([
      'execute_tool tools.read',
      'execute_tool tools.pay',
      'execute_program',
    ])
    const [, waiting, start] = first as [ReadableSpan, ReadableSpan, ReadableSpan]
    for (const span of [waiting, start]) {
      expect(span.status.code).toBe(SpanStatusCode.UNSET)
      expect(span.attributes).toMatchObject({ 'glovebox.status': 'suspended' })
    }
    exporter.reset()
    await codeMode.resume(run, { decisions: pending.map(({ call, digest }) => ({ call, digest, decision: 'allow' })) })
    const [pay, resumed, ...others] = exporter.getFinishedSpans() as [ReadableSpan, ReadableSpan]
    expect([pay.name, resumed.name, others]).toEqual(['execute_tool tools.pay', 'execute_program', []])
    expect(resumed.attributes).toMatchObject({ 'glovebox.run': run, 'glovebox.status': 'succeeded' })
    expect(resumed.links.map((link) => link.context.spanId)).toEqual([start.spanContext().spanId])
  })
})
