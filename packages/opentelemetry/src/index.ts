import type { ExecuteResult, Telemetry } from '@glovebox/core'
import { assertKnownOptions } from '@glovebox/core/framework'
import {
  type Attributes,
  context,
  type Span,
  type SpanContext,
  SpanKind,
  SpanStatusCode,
  type Tracer,
  trace,
} from '@opentelemetry/api'

/** Options of {@link openTelemetry}. */
export interface OpenTelemetryOptions {
  /** Tracer that creates the spans. Default: the tracer `glovebox` of the global tracer provider. */
  readonly tracer?: Tracer
  /**
   * Whether spans include the program's source as `glovebox.program`. The source may contain text that users wrote.
   *
   * @default false
   */
  readonly recordPrograms?: boolean
}

/**
 * Creates a span `execute_program` for each execution, and a child span `execute_tool <tool>` for each tool call. The
 * names and attributes of tool spans follow the semantic conventions for generative AI
 * (https://opentelemetry.io/docs/specs/semconv/gen-ai/gen-ai-spans/#execute-tool-span). The span of a call is active
 * while the tool runs, so that spans created by the tool become its children. The span of a resumed run links to the
 * span of its start, and has spans only for the calls that it makes.
 *
 * @throws `TypeError` for an unknown option
 */
export function openTelemetry(options: OpenTelemetryOptions = {}): Telemetry {
  assertKnownOptions('openTelemetry()', options, ['tracer', 'recordPrograms'])
  const { tracer = trace.getTracer('glovebox'), recordPrograms = false } = options
  return {
    execution({ code, sandbox, run: id, link }, run) {
      const attributes = {
        'glovebox.sandbox': sandbox,
        ...(id !== undefined && { 'glovebox.run': id }),
        ...(recordPrograms && { 'glovebox.program': code }),
      }
      const caller = context.active()
      const first = contextFromLink(link)
      const links = first === undefined ? [] : [{ context: first }]
      const execution = tracer.startSpan('execute_program', { kind: SpanKind.INTERNAL, attributes, links }, caller)
      const within = trace.setSpan(caller, execution)
      const call = <Payload>(
        started: { id: number; tool: string },
        perform: () => Promise<Payload>,
      ): Promise<Payload> => {
        const span = tracer.startSpan(`execute_tool ${started.tool}`, { attributes: attributesOfCall(started) }, within)
        return ending(span, context.with(trace.setSpan(within, span), perform))
      }
      const result = context.with(within, () => run({ call, link: linkTo(execution) }))
      return ending(execution, result, (ended) => describeResult(execution, ended))
    },
  }
}

/** Returns the context of a span in the format of the `traceparent` header (https://www.w3.org/TR/trace-context/). */
function linkTo(span: Span): string {
  const { traceId, spanId, traceFlags } = span.spanContext()
  return `00-${traceId}-${spanId}-${traceFlags.toString(16).padStart(2, '0')}`
}

/** Returns the context that a link names, or undefined if it names none. */
function contextFromLink(link: string | undefined): SpanContext | undefined {
  const [, traceId, spanId, flags] = /^00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})$/.exec(link ?? '') ?? []
  if (traceId === undefined || spanId === undefined || flags === undefined) return undefined
  return { traceId, spanId, traceFlags: Number.parseInt(flags, 16), isRemote: true }
}

/** Returns the `code` of an error, as tool errors and Node errors have, or its `name`. */
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

/** Ends a span when `work` settles, and records a rejection. */
async function ending<Value>(span: Span, work: Promise<Value>, describe?: (value: Value) => void): Promise<Value> {
  try {
    const value = await work
    describe?.(value)
    return value
  } catch (error) {
    if (error instanceof Error && error.name === 'SuspendedError') span.setAttribute('glovebox.status', 'suspended')
    else fail(span, typeOf(error), messageOf(error))
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
  span.setAttribute('glovebox.status', result.status)
  if (result.status === 'suspended') span.setAttribute('glovebox.run', result.run)
  else if (!result.ok) fail(span, result.error.code, result.error.message)
}

function fail(span: Span, type: string, message: string | undefined): void {
  span.setAttribute('error.type', type)
  span.setStatus({ code: SpanStatusCode.ERROR, ...(message === undefined ? {} : { message }) })
}
