import type { Catalog } from '../catalog/catalog.ts'
import { hasUnassertedKeys } from '../validation/lower-schema.ts'
import { planPattern } from '../validation/pattern.ts'
import { isRecord, type Json } from '../values/json.ts'
import type { JsonSchema } from '../values/json-schema.ts'
import type { ToolWarning } from './namespace.ts'

/** Maximum number of objects and arrays in the schemas of one catalog that are inspected. */
const MAX_SCHEMAS = 200_000
const MAX_WARNINGS = 1_000
const MAX_TOLD_LENGTH = 100

/** Returns a warning for each pattern of a catalog's schemas that is not asserted, with the reason. */
export function unassertedPatterns({ namespaces }: Catalog): ToolWarning[] {
  const warnings: ToolWarning[] = []
  let schemas = 0
  const look = (root: JsonSchema | undefined, tool: string, side: ToolWarning['side']): void => {
    const pending: [value: unknown, pointer: string][] = [[root, '#']]
    for (let entry = pending.pop(); entry !== undefined; entry = pending.pop()) {
      const [value, pointer] = entry
      if (typeof value !== 'object' || value === null) continue
      if (++schemas > MAX_SCHEMAS || warnings.length >= MAX_WARNINGS) return
      if (isRecord(value)) for (const message of faultsOf(value)) warnings.push({ tool, side, pointer, message })
      for (const [key, inner] of Object.entries(value)) {
        if (typeof inner === 'object') pending.push([inner, `${pointer}/${escape(key)}`])
      }
    }
  }
  for (const { tools } of namespaces) {
    for (const { path, tool } of tools) {
      if (tool.parseInput === undefined) look(tool.inputSchema, path, 'input')
      if (tool.parseOutput === undefined) look(tool.outputSchema, path, 'output')
    }
  }
  return warnings
}

function* faultsOf(schema: Json): Generator<string> {
  if (typeof schema.pattern === 'string') {
    const plan = planPattern(schema.pattern)
    if (plan.kind === 'none') {
      yield `the pattern ${schema.pattern.slice(0, MAX_TOLD_LENGTH)} is not asserted: ${plan.reason}`
    }
  }
  if (hasUnassertedKeys(schema)) {
    yield 'the patterns for keys are not asserted: V8 could not match all of them in linear time'
  }
}

const escape = (key: string): string => key.slice(0, MAX_TOLD_LENGTH).replaceAll('~', '~0').replaceAll('/', '~1')
