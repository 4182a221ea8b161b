import { SandboxError } from './errors.ts'

/** The bounds of one execution. Each must be a positive integer. */
export interface Limits {
  /** From the start of the execution to its end, tool calls included. */
  readonly wallTimeMs?: number
  /** Of the guest alone; waiting for a tool call costs nothing. */
  readonly cpuTimeMs?: number
  /** Of the guest's heap. */
  readonly memoryBytes?: number
  /** In one execution. */
  readonly toolCalls?: number
  /** More than this many wait for their turn. */
  readonly concurrentToolCalls?: number
  /** Of the program's text, in UTF-8. */
  readonly codeBytes?: number
  /** Of one input or output of a tool, as it crosses the wall. */
  readonly messageBytes?: number
  /** Of the program's value, as it crosses the wall. */
  readonly resultBytes?: number
  /** Of all log entries together. What is past it is dropped, which is no error. */
  readonly logBytes?: number
}

/** What an engine can keep, both ends included. */
export interface MemoryRange {
  readonly min: number
  readonly max: number
}

/** @throws {@link SandboxError} `GUARANTEE_NOT_MET` for a limit of memory that the named sandbox cannot keep */
export function checkMemoryLimit(name: string, bytes: number, { min, max }: MemoryRange): void {
  if (bytes >= min && bytes <= max) return
  throw new SandboxError('GUARANTEE_NOT_MET', `${name} keeps limits of ${min} to ${max} bytes of memory, not ${bytes}`)
}

export const DEFAULT_LIMITS: Readonly<Required<Limits>> = Object.freeze({
  wallTimeMs: 60_000,
  cpuTimeMs: 10_000,
  memoryBytes: 64 * 1024 * 1024,
  toolCalls: 1_000,
  concurrentToolCalls: 32,
  codeBytes: 256 * 1024,
  messageBytes: 16 * 1024 * 1024,
  resultBytes: 4 * 1024 * 1024,
  logBytes: 256 * 1024,
})

/** `setTimeout` knows no longer delay. */
const MAX_LIMIT_MS = 2 ** 31 - 1

/**
 * Limits may only be tightened: of two, the smaller holds.
 *
 * @throws `TypeError` for an unknown name or a value that is not a positive integer
 */
export function tightenLimits(base: Required<Limits>, limits: Limits = {}): Required<Limits> {
  return mergeLimits(base, limits, Math.min)
}

/** The defaults with an embedder's own choices, which may be wider. @throws `TypeError` as {@link tightenLimits} */
export function chooseLimits(limits: Limits = {}): Required<Limits> {
  return mergeLimits(DEFAULT_LIMITS, limits, (_default, chosen) => chosen)
}

function mergeLimits(
  base: Required<Limits>,
  limits: Limits,
  merge: (base: number, value: number) => number,
): Required<Limits> {
  const merged = { ...base }
  for (const [name, value] of Object.entries(limits)) {
    if (!Object.hasOwn(DEFAULT_LIMITS, name)) {
      throw new TypeError(`Unknown limit ${name}; the limits are ${Object.keys(DEFAULT_LIMITS).join(', ')}`)
    }
    if (value === undefined) continue
    if (!Number.isSafeInteger(value) || value <= 0) {
      throw new TypeError(`The limit ${name} must be a positive integer, not ${String(value)}`)
    }
    const key = name as keyof Limits
    merged[key] = merge(merged[key], key.endsWith('TimeMs') ? Math.min(value, MAX_LIMIT_MS) : value)
  }
  return merged
}
