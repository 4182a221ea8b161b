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

/** The suite says by the folder of what draft a schema is, and only later drafts also by `$schema`. */
function ofItsDraft(schema: Schema, draft: Draft): Schema {
  return isObject(schema) && !('$schema' in schema) ? { $schema: META_SCHEMA[draft], ...schema } : schema
}

/** The remotes that tests of the draft refer to: those in its own folder, and those that are in none. */
function documentsOf(draft: Draft): Documents {
  const remotes = Object.entries(read<Documents>('remotes.json')).filter(([uri]) => {
    const folder = /^http:\/\/localhost:1234\/(draft[^/]+)\//.exec(uri)?.[1]
    return folder === undefined || folder === draft
  })
  const ofDraft = mapEntries(Object.fromEntries(remotes), (document) => ofItsDraft(document as Schema, draft))
  return { ...(ofDraft as Documents), ...metaSchemas(draft) }
}

/** Validators of the schemas as they are and of weakened ones, whose references lead to weakened documents. */
function judges(draft: Draft) {
  const documents = documentsOf(draft)
  const weakened = mapEntries(documents, (document) => weaken(document as Schema)) as Documents
  return { documents, exact: validators(draft, documents), weak: validators(draft, weakened) }
}

/**
 * What the suite says of its own schema, and what Ajv says of one with types. Ajv is wrong about a few schemas, so where
 * it differs from the suite it must have been right about the whole group.
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

/** Valid instances that weakening has made invalid. There must be none, as weakening may only let more through. */
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

/** Measures one draft, as published or with the types written out that its authors left away. */
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
      // Where Ajv cannot judge the weakened schema, an invalid instance may be invalid in any way.
      return valid || isWeaklyValid?.(data) === false ? [{ description, instance: data, valid }] : []
    })
    const conversion = convert(schema, { documents })
    subjects.push({ path: [draft, file, group.description], schema, conversion, samples })
  }
  return measure(subjects)
}
