import { readFileSync } from 'node:fs'
import { convert } from './convert.ts'
import { type Measured, measure, type Sample, type Subject } from './measure.ts'
import { isObject, mapEntries, type Schema } from './subschemas.ts'
import { type Compile, type Documents, type Draft, META_SCHEMA, metaSchemas, validators } from './validators.ts'
import { weaken } from './weaken.ts'
import { writeTypes } from './write-types.ts'

interface Group {
  readonly description: string
  readonly schema: Schema
  readonly tests: readonly Test[]
}

interface Test {
  readonly description: string
  readonly data: unknown
  readonly valid: boolean
}

const read = <Content>(file: string): Content =>
  JSON.parse(readFileSync(new URL(`../data/json-schema-test-suite/${file}`, import.meta.url), 'utf8')) as Content

/** Sets `$schema`. The suite marks the draft by folder, and only later drafts also by `$schema`. */
function ofItsDraft(schema: Schema, draft: Draft): Schema {
  return isObject(schema) && !('$schema' in schema) ? { $schema: META_SCHEMA[draft], ...schema } : schema
}

/** Returns the remote documents of a draft: those in its folder and those without a folder. */
function documentsOf(draft: Draft): Documents {
  const remotes = Object.entries(read<Documents>('remotes.json')).filter(([uri]) => {
    const folder = /^http:\/\/localhost:1234\/(draft[^/]+)\//.exec(uri)?.[1]
    return folder === undefined || folder === draft
  })
  const ofDraft = mapEntries(Object.fromEntries(remotes), (document) => ofItsDraft(document as Schema, draft))
  return { ...(ofDraft as Documents), ...metaSchemas(draft) }
}

/** Creates validators for original schemas, and for weakened schemas with references to weakened documents. */
function judges(draft: Draft) {
  const documents = documentsOf(draft)
  const weakened = mapEntries(documents, (document) => weaken(document as Schema)) as Documents
  return { documents, exact: validators(draft, documents), weak: validators(draft, weakened) }
}

/**
 * Returns the validity of a test: from the suite for published schemas, from Ajv for schemas with added types. Ajv is
 * wrong about a few schemas, so a different result only counts if Ajv agrees with the suite on the whole published
 * group.
 */
function validityUnder(schema: Schema, { schema: published, tests }: Group, exact: Compile) {
  if (JSON.stringify(schema) === JSON.stringify(published)) return ({ valid }: Test) => valid
  const asPublished = exact(published)
  const isReliable = tests.every(({ data, valid }) => asPublished?.(data) === valid)
  const asTyped = exact(schema)
  return ({ data, valid }: Test) => {
    const typed = asTyped?.(data)
    return typed === valid || isReliable ? typed : undefined
  }
}

const groupsOf = (draft: Draft): { file: string; group: Group }[] =>
  Object.entries(read<Record<string, Group[]>>(`${draft}.json`)).flatMap(([file, groups]) =>
    groups.map((group) => ({ file, group: { ...group, schema: ofItsDraft(group.schema, draft) } })),
  )

/** Returns the valid instances that are invalid after weakening. The list must be empty. */
export function wronglyWeakened(draft: Draft): string[] {
  const { exact, weak } = judges(draft)
  return groupsOf(draft).flatMap(({ file, group }) => {
    const isValid = exact(group.schema)
    const isWeaklyValid = weak(weaken(group.schema))
    return group.tests
      .filter(({ data, valid }) => valid && isValid?.(data) === true && isWeaklyValid?.(data) === false)
      .map(({ description }) => [draft, file, group.description, description].join(' / '))
  })
}

/** Measures one draft, as published or with the types added that its authors omitted. */
export function measureSuite(draft: Draft, form: 'published' | 'typed'): Measured[] {
  const { documents, exact, weak } = judges(draft)
  const subjects: Subject[] = []
  for (const { file, group } of groupsOf(draft)) {
    const schema = form === 'typed' ? writeTypes(group.schema) : group.schema
    const isWeaklyValid = weak(weaken(schema))
    const validity = validityUnder(schema, group, exact)
    const samples = group.tests.flatMap((test): Sample[] => {
      const { description, data } = test
      const valid = validity(test)
      if (valid === undefined) return []
      // If Ajv cannot validate the weakened schema, the reason for an invalid instance is unknown.
      return valid || isWeaklyValid?.(data) === false ? [{ description, instance: data, valid }] : []
    })
    const conversion = convert(schema, { documents })
    subjects.push({ path: [draft, file, group.description], schema, conversion, samples })
  }
  return measure(subjects)
}
