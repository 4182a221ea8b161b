import { isRecord, own } from '../values/json.ts'

/** Differences between drafts of JSON Schema in the meaning of keywords. */
export interface Dialect {
  /** Keyword that identifies a schema: `id` in draft-04, `$id` in later drafts. */
  readonly id: '$id' | 'id'
  /**
   * Whether the draft is draft-07 or older. There `$ref` hides its sibling keywords, and `$id: '#name'` is an anchor.
   */
  readonly isOld: boolean
}

const OLD: Dialect = { id: '$id', isOld: true }
const OLDEST: Dialect = { id: 'id', isOld: true }
const NEW: Dialect = { id: '$id', isOld: false }

/**
 * Returns the dialect that `$schema` declares, or else the inherited one. Default: the newest, as the Model Context
 * Protocol specifies.
 */
export function dialectOf(schema: unknown, inherited: Dialect = NEW): Dialect {
  const uri = isRecord(schema) ? own(schema, '$schema') : undefined
  if (typeof uri !== 'string') return inherited
  if (/draft-0[34]/.test(uri)) return OLDEST
  return /draft-0[67]/.test(uri) ? OLD : NEW
}
