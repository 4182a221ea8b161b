import type { Catalog } from '../catalog/catalog.ts'
import type { Limits } from '../contract/limits.ts'
import { isLookup } from '../discovery/builtin-namespace.ts'
import type { PreparedProgram } from '../program/program.ts'
import { parseGuestMessage } from '../protocol/schemas.ts'
import { pendingCalls } from './call-approval.ts'
import { type ProgramEnd, readEnd, suspension } from './program-end.ts'
import type { Executed } from './result.ts'
import type { EndedEntry, RunLog } from './run-log.ts'
import { callRecord, endOf } from './tool-calls.ts'

/** Returns the result of a run that ended, as its log tells it. */
export function endedResult(
  log: RunLog,
  end: EndedEntry,
  program: PreparedProgram,
  limits: Required<Limits>,
  catalog: Catalog,
): Executed {
  return { ...programEnd(end, program, limits, log), ...told(log, 'cancelled', catalog) }
}

/** Returns the result of a suspended run, as its log tells it. */
export async function suspendedResult(log: RunLog, run: string, catalog: Catalog): Promise<Executed> {
  return { ...suspension(run, await pendingCalls(log)), ...told(log, 'waiting', catalog) }
}

function programEnd(
  { message: text, error }: EndedEntry,
  program: PreparedProgram,
  limits: Required<Limits>,
  log: RunLog,
): ProgramEnd {
  if (text === undefined) {
    if (error === undefined) throw new Error('The log ends without a message and without an error')
    return { status: 'failed', ok: false, error }
  }
  const { message, payload } = parseGuestMessage(text)
  if (message.type === 'returned' || message.type === 'threw')
    return readEnd(message, payload, text, { program, limits, log })
  throw new Error(`The log ends with a message of type ${message.type}`)
}

function told(
  log: RunLog,
  outcome: 'cancelled' | 'waiting',
  catalog: Catalog,
): Pick<Executed, 'logs' | 'calls' | 'usage'> {
  return {
    logs: log.lines.map(({ level, text, timeMs }) => ({ level, text, timeMs })),
    calls: log.calls.map(({ made, settled }) => {
      const call = { id: made.call, path: made.tool, startedMs: made.timeMs }
      return settled === undefined
        ? callRecord(call, { outcome }, log.elapsedMs, catalog)
        : callRecord(call, endOf(settled.outcome), settled.timeMs, catalog)
    }),
    usage: {
      wallTimeMs: log.elapsedMs,
      toolCalls: log.callCount - log.calls.filter(({ made }) => isLookup(made.tool)).length,
    },
  }
}
