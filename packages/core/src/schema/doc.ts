import { isRecord, isSchema, type Json, own } from '../values/json.ts'
import type { JsonSchema } from '../values/json-schema.ts'
import { MAX_DESCRIPTION_LENGTH } from './bounds.ts'
import { distinct } from './distinct.ts'
import { GROUPS, groupsOf, hasIntegers } from './keywords.ts'
import type { Docs } from './printer.ts'
import type { StyleRules } from './style.ts'

const MAX_PATTERN_LENGTH = 120
/** Maximum length of a format, a media type or an encoding, in characters. */
const MAX_WORD_LENGTH = 120
/**
 * Maximum number of keywords examined for the notes of one schema, including its subschemas. Real schemas have far
 * fewer.
 */
const MAX_NOTED = 1_000
/** Number of keywords above which the notes of a schema are cached, since thousands of properties may refer to it. */
const FEW_NOTED = 100
const MAX_DEFAULT_LENGTH = 80
const MAX_EXAMPLES = 2
const MAX_EXAMPLES_LENGTH = 60
/** Maximum number of examples that are tried. Those that are too long are skipped. */
const MAX_TRIED_EXAMPLES = 100
/** Maximum depth at which `allOf` and similar keywords are searched for constraints. */
const MAX_DEPTH = 3

/**
 * Returns what the schemas of a property express and its type cannot: the description from the nearest schema, and all
 * constraints.
 */
function docText(schemas: readonly Json[], key: string, rules: StyleRules, known: Known): string {
  const words = rules.propertyDoc > 0 ? shorten(description(schemas, key), rules.propertyDoc) : ''
  if (!rules.constraints) return words
  return joinWords(words, notesOf(schemas, words, rules, known))
}

/** Cached results about the large schemas and values of one text. */
interface Known {
  /** Counts the keywords examined for the notes of one schema. */
  readonly work: Counter
  readonly notes: Map<Json, SchemaNotes>
  readonly largeValues: WeakSet<object>
}

class Counter {
  taken = 0

  take(amount: number): void {
    this.taken += amount
  }
}

interface SchemaNotes {
  readonly notes: readonly string[]
  readonly isAnnotated: boolean
}

/** Appends one text to another: on a new line if the first has several lines, otherwise as a new sentence. */
export function joinWords(words: string, added: string): string {
  if (words === '' || added === '') return words + added
  return words + (words.includes('\n') ? '\n' : SENTENCE_ENDS.includes(words.at(-1) as string) ? ' ' : '. ') + added
}

const SENTENCE_ENDS = '.!?:;…)'

function description(schemas: readonly Json[], key: string): string {
  for (const keyword of DESCRIPTIONS) {
    for (const schema of schemas) {
      const text = own(schema, keyword)
      // Generators often use the name of a property as its title.
      if (typeof text === 'string' && !repeats(text, key)) return cut(text.trim(), MAX_DESCRIPTION_LENGTH)
    }
  }
  return ''
}

const DESCRIPTIONS = ['description', 'title']

/**
 * Returns whether a text is blank or only repeats a key. Letters and digits are compared; a much longer text is never a
 * repeat.
 */
const repeats = (text: string, key: string): boolean =>
  text.length <= key.length * 2 + 8 && (text.trim() === '' || plain(text) === plain(key))

const plain = (text: string): string => text.replace(/[^\p{L}\p{N}]/gu, '').toLowerCase()

/** Cuts a text to a length, but not within a surrogate pair. */
function cut(text: string, length: number): string {
  return text.length <= length ? text : `${text.slice(0, length - 1).replace(/[\uD800-\uDBFF]$/, '')}…`
}

/**
 * Shortens a text to its first sentence or line, or to whole words if that is still too long. An infinite length only
 * applies the general limit of descriptions.
 */
export function shorten(given: string, length: number): string {
  const text = cut(given, MAX_DESCRIPTION_LENGTH)
  if (text.length <= length && (length === Number.POSITIVE_INFINITY || !text.includes('\n'))) return text
  if (length === Number.POSITIVE_INFINITY) return text
  const line = (text.split('\n', 1)[0] as string).trim()
  const sentence = /^.*?[.!?](?=\s|$)(?<!e\.g\.|i\.e\.)/.exec(line)?.[0] ?? line
  if (sentence.length <= length) return sentence
  const start = sentence.slice(0, length - 1)
  return `${start.slice(0, Math.max(start.lastIndexOf(' '), length / 2)).trimEnd()}…`
}

function notesOf(schemas: readonly Json[], words: string, rules: StyleRules, known: Known): string {
  let notes: string[] | undefined
  let isAnnotated = false
  for (const schema of schemas) {
    const kept = known.notes.size === 0 ? undefined : known.notes.get(schema)
    if (kept !== undefined) {
      notes = (notes ?? []).concat(kept.notes)
      isAnnotated ||= kept.isAnnotated
      continue
    }
    known.work.taken = 0
    const groups = groupsOf(schema, known.work)
    const has = (groups & GROUPS.annotations) !== 0
    const start = notes?.length ?? 0
    if ((groups & NOTED) !== 0 || hasIntegers(schema)) {
      notes ??= []
      collect(schema, groups, notes, true, 0, known.work)
      isAnnotated ||= has
    }
    if (known.work.taken > FEW_NOTED) known.notes.set(schema, { notes: notes?.slice(start) ?? [], isAnnotated: has })
  }
  if (notes === undefined) return ''
  let text = ''
  const said = words.toLowerCase()
  for (const note of distinct(notes)) if (!isSaid(note, said)) text = listed(text, note)
  return isAnnotated ? annotated(text, schemas, said, rules, known) : text
}

const listed = (list: string, item: string): string => (list === '' ? item : `${list}, ${item}`)

/** Returns whether the description already contains a note. */
const isSaid = (note: string, words: string): boolean =>
  note !== 'int' && /^[a-z-]+$/.test(note) && words.includes(note)

function annotated(notes: string, schemas: readonly Json[], said: string, rules: StyleRules, known: Known): string {
  let text = notes
  for (const schema of schemas) {
    const byDefault = Object.hasOwn(schema, 'default') ? brief(schema.default, MAX_DEFAULT_LENGTH, known) : undefined
    if (byDefault === undefined) continue
    if (!isDefaultSaid(byDefault, said)) text = listed(text, `@default ${byDefault}`)
    break
  }
  const [nearest] = schemas
  const given = rules.examples && nearest !== undefined ? examples(nearest, said, known) : ''
  if (given !== '') text = listed(text, given)
  return schemas.some((schema) => own(schema, 'deprecated') === true) ? listed(text, '@deprecated') : text
}

function isDefaultSaid(value: string, words: string): boolean {
  return words.includes('default') && words.includes(value.replaceAll('"', '').toLowerCase())
}

/** @param isWhole whether the schema describes the value itself, rather than each of its items */
function collect(schema: Json, groups: number, notes: string[], isWhole: boolean, depth: number, work: Counter): void {
  if (work.taken > MAX_NOTED) return
  constrain(schema, groups, notes)
  if (depth >= MAX_DEPTH) return
  const items = isWhole && (groups & GROUPS.items) !== 0 ? own(schema, 'items') : undefined
  if (isRecord(items)) {
    const each: string[] = []
    collect(items, groupsOf(items, work), each, false, depth + 1, work)
    for (const note of each) notes.push(`each ${note}`)
  }
  if ((groups & (GROUPS.all | GROUPS.alternatives)) === 0) return
  for (const branch of sureBranches(schema)) {
    if (work.taken > MAX_NOTED) return
    collect(branch, groupsOf(branch, work), notes, isWhole, depth + 1, work)
  }
}

/** Returns the subschemas that apply to every value, or to every value except null. */
function sureBranches(schema: Json): readonly Json[] {
  const all = own(schema, 'allOf')
  const branches = Array.isArray(all) ? all.slice(0, MAX_NOTED).filter(isRecord) : []
  for (const list of [own(schema, 'anyOf'), own(schema, 'oneOf')]) {
    const sole = Array.isArray(list) ? soleBranch(list) : undefined
    if (isRecord(sole)) branches.push(sole)
  }
  return branches
}

/** Returns the only branch that is not the null type, or undefined if there are several. */
function soleBranch(list: readonly unknown[]): unknown {
  if (list.length > MAX_NOTED) return undefined
  let sole: unknown
  for (const branch of list) {
    if (!isSchema(branch) || isNull(branch)) continue
    if (sole !== undefined) return undefined
    sole = branch
  }
  return sole
}

const isNull = (schema: JsonSchema): boolean => isRecord(schema) && own(schema, 'type') === 'null'

const LIMITED = GROUPS.number | GROUPS.string | GROUPS.array | GROUPS.object
const CONSTRAINED = LIMITED | GROUPS.annotations
/** Groups of keywords that may produce notes, directly or in subschemas. */
const NOTED = CONSTRAINED | GROUPS.items | GROUPS.all | GROUPS.alternatives

/** Adds short notes about the constraints of a schema: `int`, `1..100`, `length <= 50`, `uri`. */
function constrain(schema: Json, groups: number, notes: string[]): void {
  if (hasIntegers(schema)) notes.push('int')
  if ((groups & CONSTRAINED) === 0) return
  const isAnnotated = (groups & GROUPS.annotations) !== 0
  const format = isAnnotated ? own(schema, 'format') : undefined
  // The bit width of a number does not matter to a program.
  if (typeof format === 'string' && !/^u?int\d*$|^float$|^double$/.test(format))
    notes.push(cut(format, MAX_WORD_LENGTH))
  if ((groups & LIMITED) !== 0) limit(schema, groups, format, notes)
  if (!isAnnotated) return
  for (const keyword of CONTENT_KEYWORDS) {
    const content = own(schema, keyword)
    if (typeof content === 'string') notes.push(cut(content, MAX_WORD_LENGTH))
  }
}

const CONTENT_KEYWORDS = ['contentMediaType', 'contentEncoding']

function limit(schema: Json, groups: number, format: unknown, notes: string[]): void {
  if ((groups & GROUPS.number) !== 0) limitNumber(schema, notes)
  if ((groups & GROUPS.string) !== 0) {
    range('length ', number(schema, 'minLength'), number(schema, 'maxLength'), notes)
    const pattern = own(schema, 'pattern')
    if (typeof pattern === 'string' && !isImpliedBy(format, pattern)) notes.push(regularExpression(pattern))
  }
  if ((groups & GROUPS.array) !== 0) {
    range('items ', number(schema, 'minItems'), number(schema, 'maxItems'), notes)
    if (own(schema, 'uniqueItems') === true) notes.push('unique')
    if (isSchema(own(schema, 'contains'))) notes.push('has certain items')
  }
  if ((groups & GROUPS.object) !== 0) {
    range('properties ', number(schema, 'minProperties'), number(schema, 'maxProperties'), notes)
  }
}

/**
 * Returns the value of a numeric keyword. Bounds at the limits of safe integers are ignored, since generators add them
 * to every integer.
 */
function number(schema: Json, keyword: string): number | undefined {
  const value = own(schema, keyword)
  return typeof value === 'number' && Math.abs(value) < Number.MAX_SAFE_INTEGER ? value : undefined
}

/**
 * Adds notes about the bounds of a number. `exclusiveMinimum` is a flag of `minimum` in draft-04 and OpenAPI 3.0, and a
 * separate bound in later versions.
 */
function limitNumber(schema: Json, notes: string[]): void {
  const minimum = number(schema, 'minimum')
  const maximum = number(schema, 'maximum')
  const isAbove = own(schema, 'exclusiveMinimum') === true
  const isBelow = own(schema, 'exclusiveMaximum') === true
  range('', isAbove ? undefined : minimum, isBelow ? undefined : maximum, notes)
  const above = isAbove ? minimum : number(schema, 'exclusiveMinimum')
  const below = isBelow ? maximum : number(schema, 'exclusiveMaximum')
  if (above !== undefined) notes.push(`> ${above}`)
  if (below !== undefined) notes.push(`< ${below}`)
  const factor = number(schema, 'multipleOf')
  if (factor !== undefined) notes.push(`multiple of ${factor}`)
}

/** Returns whether a pattern only spells out a format, as generators often do at length. */
function isImpliedBy(format: unknown, pattern: string): boolean {
  return typeof format === 'string' && pattern.length > 30
}

function regularExpression(pattern: string): string {
  const text = pattern.length <= MAX_PATTERN_LENGTH ? pattern : `${pattern.slice(0, MAX_PATTERN_LENGTH)}…`
  return `/${text}/`
}

function range(what: string, least: number | undefined, most: number | undefined, notes: string[]): void {
  if (least !== undefined && most !== undefined)
    notes.push(least === most ? `${what}${least}` : `${what}${least}..${most}`)
  // A minimum length of 0 has no effect.
  else if (least !== undefined && (what === '' || least > 0)) notes.push(`${what}>= ${least}`)
  else if (most !== undefined) notes.push(`${what}<= ${most}`)
}

function examples(schema: Json, said: string, known: Known): string {
  const given = own(schema, 'examples') ?? (Object.hasOwn(schema, 'example') ? [schema.example] : undefined)
  if (!Array.isArray(given)) return ''
  const texts: string[] = []
  let length = 0
  for (const example of given.slice(0, MAX_TRIED_EXAMPLES)) {
    const text = brief(example, MAX_EXAMPLES_LENGTH - length, known)
    if (text === undefined || said.includes(text.replaceAll('"', '').toLowerCase())) continue
    length += text.length
    texts.push(text)
    if (texts.length === MAX_EXAMPLES) break
  }
  return texts.length === 0 ? '' : `e.g. ${texts.join(', ')}`
}

/** Returns a constant as JSON on one line, or undefined if it is too long or too deeply nested. */
function brief(value: unknown, length: number, { largeValues }: Known): string | undefined {
  // Large values are rejected before they are written out.
  if (typeof value !== 'object' || value === null) {
    if (typeof value === 'bigint' || (typeof value === 'string' && value.length > length)) return undefined
  } else if (largeValues.has(value) || !isSmall(value)) {
    largeValues.add(value)
    return undefined
  }
  const text = JSON.stringify(value)
  return text !== undefined && text.length <= length ? text : undefined
}

/** Returns whether the JSON of a value may be short enough to print. */
function isSmall(root: object): boolean {
  const pending: unknown[] = [root]
  let length = 0
  while (pending.length > 0) {
    const value = pending.pop()
    if (typeof value === 'bigint') return false
    length += typeof value === 'string' ? value.length : 1
    if (typeof value === 'object' && value !== null) {
      const inner: readonly unknown[] = Array.isArray(value) ? value : Object.entries(value).flat()
      if (length + inner.length > MAX_DEFAULT_LENGTH) return false
      for (const each of inner) pending.push(each)
    }
    if (length > MAX_DEFAULT_LENGTH) return false
  }
  return true
}

/** Creates the documentation that a printer adds to types, in the given style. */
export function docsBy(rules: StyleRules, indent: string): Docs {
  const known: Known = { work: new Counter(), notes: new Map(), largeValues: new WeakSet() }
  return {
    indent,
    member: (member, key) => docText(member.docs, key, rules, known),
    definition: ({ schema, hint }) => (typeof schema === 'boolean' ? '' : docText([schema], hint, rules, known)),
  }
}

/** Returns a doc comment on separate lines, or an empty string for an empty text. */
export function docComment(text: string, indent: string): string {
  if (text === '') return ''
  if (!/[\n\r\u2028\u2029]|\*\//.test(text)) return `${indent}/** ${text} */\n`
  const lines = text.replaceAll('*/', '*\\/').split(/\r\n|[\n\r\u2028\u2029]/)
  if (lines.length === 1) return `${indent}/** ${(lines[0] as string).trimEnd()} */\n`
  let comment = `${indent}/**\n`
  for (const line of lines) {
    const words = line.trimEnd()
    comment += words === '' ? `${indent} *\n` : `${indent} * ${words}\n`
  }
  return `${comment}${indent} */\n`
}
