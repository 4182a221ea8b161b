import { createRequire } from 'node:module'
import { Ajv, type Options } from 'ajv'
import { Ajv2019 } from 'ajv/dist/2019.js'
import { Ajv2020 } from 'ajv/dist/2020.js'
import * as draft04 from 'ajv-draft-04'
import type { Schema } from './subschemas.ts'

export const DRAFTS = ['draft4', 'draft6', 'draft7', 'draft2019-09', 'draft2020-12'] as const
export type Draft = (typeof DRAFTS)[number]
export type Documents = Record<string, Schema>
/**
 * Validates an instance. Returns undefined if Ajv fails, as it recurses endlessly on a few self-referential schemas.
 */
export type Validate = (instance: unknown) => boolean | undefined

const Ajv04 = ((draft04.default as { default?: unknown }).default ?? draft04.default) as unknown as typeof Ajv
const CLASSES = { draft4: Ajv04, draft6: Ajv, draft7: Ajv, 'draft2019-09': Ajv2019, 'draft2020-12': Ajv2020 }

export const META_SCHEMA: Record<Draft, string> = {
  draft4: 'http://json-schema.org/draft-04/schema#',
  draft6: 'http://json-schema.org/draft-06/schema#',
  draft7: 'http://json-schema.org/draft-07/schema#',
  'draft2019-09': 'https://json-schema.org/draft/2019-09/schema',
  'draft2020-12': 'https://json-schema.org/draft/2020-12/schema',
}

const VOCABULARIES = ['core', 'applicator', 'validation', 'meta-data', 'format', 'content']
const META_SCHEMA_FILES: Record<Draft, readonly string[]> = {
  draft4: ['ajv-draft-04/dist/refs/json-schema-draft-04.json'],
  draft6: ['ajv/dist/refs/json-schema-draft-06.json'],
  draft7: ['ajv/dist/refs/json-schema-draft-07.json'],
  'draft2019-09': ['schema', ...VOCABULARIES.map((name) => `meta/${name}`)].map(
    (name) => `ajv/dist/refs/json-schema-2019-09/${name}.json`,
  ),
  'draft2020-12': [
    'schema',
    ...VOCABULARIES.map((name) => `meta/${name === 'format' ? 'format-annotation' : name}`),
    'meta/unevaluated',
  ].map((name) => `ajv/dist/refs/json-schema-2020-12/${name}.json`),
}

/** Returns the meta-schemas of a draft, which schemas may reference like any document. */
export function metaSchemas(draft: Draft): Documents {
  const require = createRequire(import.meta.url)
  return Object.fromEntries(
    META_SCHEMA_FILES[draft].map((file) => {
      const schema = require(file) as { id?: string; $id?: string }
      return [String(schema.$id ?? schema.id).replace(/#$/, ''), schema as Schema]
    }),
  )
}

/** Compiles a schema. Returns undefined if Ajv cannot compile it. */
export type Compile = (schema: Schema) => Validate | undefined

/** Creates a compiler for schemas of one draft that may only reference `documents`. */
export function validators(draft: Draft, documents: Documents): Compile {
  const shared = createAjv(draft, documents)
  const compiled = new Map<Schema, Validate | undefined>()
  return (schema) => {
    if (compiled.has(schema)) return compiled.get(schema)
    // Ajv keeps identifiers between schemas, and schemas of the suite often share one.
    const isNamed = /"(\$?id|\$\w*[aA]nchor)":/.test(JSON.stringify(schema))
    const ajv = isNamed ? createAjv(draft, documents) : shared
    const validate = compile(ajv, schema)
    compiled.set(schema, validate)
    return validate
  }
}

function createAjv(draft: Draft, documents: Documents): Ajv {
  const options: Options = {
    strict: false,
    // Otherwise every object would have a property `constructor`.
    ownProperties: true,
    validateFormats: false,
    validateSchema: false,
    // We add meta-schemas ourselves, so that a weakened one can replace the original.
    meta: false,
    logger: false,
    // Up to draft-07, siblings of a reference are ignored.
    ignoreKeywordsWithRef: !draft.startsWith('draft20'),
  }
  const ajv = new CLASSES[draft](options) as unknown as Ajv
  for (const [uri, document] of Object.entries(documents)) ajv.addSchema(document as object, uri)
  return ajv
}

function compile(ajv: Ajv, schema: Schema): Validate | undefined {
  try {
    const validate = ajv.compile(schema as object)
    return (instance) => {
      try {
        return validate(instance) === true
      } catch {
        return undefined
      }
    }
  } catch {
    // Ajv does not support some schemas, for example some patterns. These are not counted.
    return undefined
  }
}
