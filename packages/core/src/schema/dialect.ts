import { isRecord, own } from './json.ts'

/** Where the drafts of JSON Schema differ in what a keyword means. */
export interface Dialect {
  /** What names a schema: `id` in draft-04, `$id` since. */
  readonly id: '$id' | 'id'
  /** Up to draft-07 a `$ref` hides what stands beside it, and `$id: '#name'` is an anchor. */
  readonly isOld: boolean
}

const OLD: Dialect = { id: '$id', isOld: true }
const OLDEST: Dialect = { id: 'id', isOld: true }
const NEW: Dialect = { id: '$id', isOld: false }

/** By `$schema`; without one, the newest, as the Model Context Protocol says. */
export function dialectOf(schema: unknown, inherited: Dialect = NEW): Dialect {
  const uri = isRecord(schema) ? own(schema, '$schema') : undefined
  if (typeof uri !== 'string') return inherited
  if (/draft-0[34]/.test(uri)) return OLDEST
  return /draft-0[67]/.test(uri) ? OLD : NEW
}
