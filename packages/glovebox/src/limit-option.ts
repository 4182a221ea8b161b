import { DEFAULT_LIMITS, type Limits } from '@glovebox/core'
import { UsageError } from './exit-codes.ts'

/** Units of the limits and their factors, by the suffix of a limit's name. */
const UNITS: Readonly<Record<string, ReadonlyMap<string, number>>> = {
  Ms: new Map([
    ['', 1],
    ['ms', 1],
    ['s', 1_000],
    ['min', 60_000],
  ]),
  Bytes: new Map([
    ['', 1],
    ['b', 1],
    ['kb', 1_000],
    ['mb', 1_000_000],
    ['gb', 1_000_000_000],
    ['kib', 1_024],
    ['mib', 1_048_576],
    ['gib', 1_073_741_824],
  ]),
  Calls: new Map([['', 1]]),
}

/**
 * Parses `name=value`, such as `wallTimeMs=5s` or `memoryBytes=128MiB`, and adds it to the given limits.
 *
 * @throws {@link UsageError} if the text, the name or the unit is invalid
 */
export function parseLimit(text: string, limits: Limits = {}): Limits {
  const [, name = '', amount = '', unit = ''] = /^(\w+)=(\d+(?:\.\d+)?)\s*([a-z]*)$/i.exec(text) ?? []
  const factor = UNITS[/(?:Ms|Bytes|Calls)$/.exec(name)?.[0] ?? '']?.get(unit.toLowerCase())
  if (!Object.hasOwn(DEFAULT_LIMITS, name) || factor === undefined) {
    throw new UsageError(
      `Cannot read the limit "${text}". Write name=value, such as wallTimeMs=5s or memoryBytes=128MiB; the names are ${Object.keys(DEFAULT_LIMITS).join(', ')}.`,
    )
  }
  return { ...limits, [name]: Math.round(Number(amount) * factor) }
}
