import type { ExecuteResult, Telemetry } from '@glovebox/core'
import { type Attributes, context, type Span, SpanKind, SpanStatusCode, type Tracer, trace } from '@opentelemetry/api'

export interface OpenTelemetryOptions {
  /** Of the global tracer provider, unless told otherwise. */
  readonly tracer?: Tracer
  /** Whether spans carry the programs' text, as `glovebox.program`. Not unless asked for: it may hold what users wrote. */
  readonly recordPrograms?: boolean
}

/**
 * A span for each execution, `execute_program`, and in it one for each tool call, `execute_tool <tool>`, named and
 * attributed as the semantic conventions for generative AI have it
 * (https://opentelemetry.io/docs/specs/semconv/gen-ai/gen-ai-spans/#execute-tool-span). A span is active while its tool
 * runs, so that what the tool traces by itself stands below it.
 */
export function openTelemetry(options: OpenTelemetryOptions = {}): Telemetry {
  const { tracer = trace.getTracer('glovebox'), recordPrograms = false } = options
  return {
    execution({ code, sandbox }, run) {
      const attributes = { 'glovebox.sandbox': sandbox, ...(recordPrograms ? { 'glovebox.program': code } : {}) }
      const caller = context.active()
      const execution = tracer.startSpan('execute_program', { kind: SpanKind.INTERNAL, attributes }, caller)
      const within = trace.setSpan(caller, execution)
      const call = <Payload>(
        started: { id: number; tool: string },
        perform: () => Promise<Payload>,
      ): Promise<Payload> => {
        const span = tracer.startSpan(`execute_tool ${started.tool}`, { attributes: attributesOfCall(started) }, within)
        return ending(span, context.with(trace.setSpan(within, span), perform))
      }
      const result = context.with(within, () => run({ call }))
      return ending(execution, result, (ended) => describeResult(execution, ended))
    },
  }
}

/** Its code, where it has one, as errors of tools and of Node do. */
function typeOf(error: unknown): string {
  if (!(error instanceof Error)) return '_OTHER'
  return 'code' in error && typeof error.code === 'string' ? error.code : error.name
}

function messageOf(error: unknown): string | undefined {
  if (error instanceof Error) return error.message
  return typeof error === 'string' ? error : undefined
}

const attributesOfCall = ({ id, tool }: { id: number; tool: string }): Attributes => ({
  'gen_ai.operation.name': 'execute_tool',
  'gen_ai.tool.name': tool,
  'gen_ai.tool.type': 'function',
  'gen_ai.tool.call.id': String(id),
})

/** Ends a span with what it stands for, however that ends. */
async function ending<Value>(span: Span, work: Promise<Value>, describe?: (value: Value) => void): Promise<Value> {
  try {
    const value = await work
    describe?.(value)
    return value
  } catch (error) {
    fail(span, typeOf(error), messageOf(error))
    throw error
  } finally {
    span.end()
  }
}

function describeResult(span: Span, result: ExecuteResult): void {
  const { toolCalls, cpuTimeMs, peakMemoryBytes } = result.usage
  span.setAttribute('glovebox.tool_calls', toolCalls)
  if (cpuTimeMs !== undefined) span.setAttribute('glovebox.cpu_time_ms', cpuTimeMs)
  if (peakMemoryBytes !== undefined) span.setAttribute('glovebox.peak_memory_bytes', peakMemoryBytes)
  if (!result.ok) fail(span, result.error.code, result.error.message)
}

function fail(span: Span, type: string, message: string | undefined): void {
  span.setAttribute('error.type', type)
  span.setStatus({ code: SpanStatusCode.ERROR, ...(message === undefined ? {} : { message }) })
}
