import { SandboxError } from './errors.ts'

/** Limits of one execution. Each must be a positive integer. */
export interface Limits {
  /**
   * Maximum elapsed time of the execution in milliseconds, including tool calls. Default: 60,000. Higher values than
   * 2,147,483,647 (2^31 - 1) are reduced to that.
   *
   * @default 60_000
   */
  readonly wallTimeMs?: number
  /**
   * Maximum CPU time of the guest in milliseconds. Waiting for tool calls does not count. Default: 10,000.
   *
   * @default 10_000
   */
  readonly cpuTimeMs?: number
  /**
   * Maximum guest heap size in bytes. Default: 64 MiB. Each sandbox supports its own range of values.
   *
   * @default 67_108_864
   */
  readonly memoryBytes?: number
  /**
   * Maximum number of tool calls. Default: 1,000.
   *
   * @default 1_000
   */
  readonly toolCalls?: number
  /**
   * Maximum number of tool calls that run concurrently. Further calls are queued. Default: 32.
   *
   * @default 32
   */
  readonly concurrentToolCalls?: number
  /**
   * Maximum size of the program text in UTF-8 bytes. Default: 256 KiB.
   *
   * @default 262_144
   */
  readonly codeBytes?: number
  /**
   * Maximum serialized size of one tool input or output in bytes. Default: 16 MiB.
   *
   * @default 16_777_216
   */
  readonly messageBytes?: number
  /**
   * Maximum serialized size of the program's return value in bytes. Default: 4 MiB.
   *
   * @default 4_194_304
   */
  readonly resultBytes?: number
  /**
   * Maximum size of all log entries together in UTF-8 bytes. Further output is dropped; the execution does not fail.
   * Default: 256 KiB.
   *
   * @default 262_144
   */
  readonly logBytes?: number
}

/** Memory limits that an engine supports, in bytes. Both ends are included. */
export interface MemoryRange {
  /** Minimum memory limit in bytes. */
  readonly min: number
  /** Maximum memory limit in bytes. */
  readonly max: number
}

/**
 * Checks that a sandbox supports a memory limit.
 *
 * @param name name of the sandbox, for the error message
 * @throws {@link SandboxError} `GUARANTEE_NOT_MET` for a limit outside the range
 */
export function checkMemoryLimit(name: string, bytes: number, { min, max }: MemoryRange): void {
  if (bytes >= min && bytes <= max) return
  throw new SandboxError(
    'GUARANTEE_NOT_MET',
    `${name} supports memory limits from ${min} to ${max} bytes; got ${bytes}`,
  )
}

/** The limits of an execution for which no other limits are set. */
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

/** Maximum delay that `setTimeout` supports. */
const MAX_LIMIT_MS = 2 ** 31 - 1

/**
 * Returns the base limits, tightened by the given ones: the smaller of two values applies.
 *
 * @throws `TypeError` for an unknown name or a value that is not a positive integer
 */
export function tightenLimits(base: Required<Limits>, limits: Limits = {}): Required<Limits> {
  return mergeLimits(base, limits, Math.min)
}

/**
 * Returns the default limits, replaced by the given ones. These may be higher than the defaults.
 *
 * @throws `TypeError` for an unknown name or a value that is not a positive integer
 */
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
