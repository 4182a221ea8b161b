import type { JsonSchema } from '../catalog/tool.ts'
import { MAX_DESCRIPTION_LENGTH } from './bounds.ts'
import { distinct } from './distinct.ts'
import { isRecord, isSchema, type Json, own } from './json.ts'
import { GROUPS, groupsOf, hasIntegers } from './keywords.ts'
import type { Docs } from './printer.ts'
import type { StyleRules } from './style.ts'

const MAX_PATTERN_LENGTH = 120
/** Of a format, a media type or an encoding, in characters. */
const MAX_WORD_LENGTH = 120
/** Keywords of one schema, and of those in it, that are looked at for notes: far more than anyone writes. */
const MAX_NOTED = 1_000
/** A schema with more keywords is kept with its notes, since thousands of properties may refer to it. */
const FEW_NOTED = 100
const MAX_DEFAULT_LENGTH = 80
const MAX_EXAMPLES = 2
const MAX_EXAMPLES_LENGTH = 60
/** Longer ones are passed over, up to so many. */
const MAX_TRIED_EXAMPLES = 100
/** How deep constraints are looked for in `allOf` and the like. */
const MAX_DEPTH = 3

/** What a property's schemas say that its type cannot: the nearest schema's words, and all constraints. */
function docText(schemas: readonly Json[], key: string, rules: StyleRules, known: Known): string {
  const words = rules.propertyDoc > 0 ? shorten(description(schemas, key), rules.propertyDoc) : ''
  if (!rules.constraints) return words
  return joinWords(words, notesOf(schemas, words, rules, known))
}

/** What was found out about the large schemas and values of one text. */
interface Known {
  /** Counts the keywords that the notes of one schema were looked for in. */
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

/** What is added stands on a line of its own below a text of several lines, and in a sentence of its own otherwise. */
export function joinWords(words: string, added: string): string {
  if (words === '' || added === '') return words + added
  return words + (words.includes('\n') ? '\n' : SENTENCE_ENDS.includes(words.at(-1) as string) ? ' ' : '. ') + added
}

const SENTENCE_ENDS = '.!?:;…)'

function description(schemas: readonly Json[], key: string): string {
  for (const keyword of DESCRIPTIONS) {
    for (const schema of schemas) {
      const text = own(schema, keyword)
      // Generators title every property by its own name.
      if (typeof text === 'string' && !repeats(text, key)) return cut(text.trim(), MAX_DESCRIPTION_LENGTH)
    }
  }
  return ''
}

const DESCRIPTIONS = ['description', 'title']

/** A text that is so much longer than the key says more; what is left is compared by its letters. */
const repeats = (text: string, key: string): boolean =>
  text.length <= key.length * 2 + 8 && (text.trim() === '' || plain(text) === plain(key))

const plain = (text: string): string => text.replace(/[^\p{L}\p{N}]/gu, '').toLowerCase()

/** Cuts at any character, but never one in two. */
function cut(text: string, length: number): string {
  return text.length <= length ? text : `${text.slice(0, length - 1).replace(/[\uD800-\uDBFF]$/, '')}…`
}

/** Cuts at the end of a sentence or a line, else of a word; a text without bound, where it is too long for any. */
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

/** What the words say already is not said twice. */
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

/** @param isWhole whether it is about the value, rather than about each of its items */
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

/** Schemas that hold of every value, or of every one but null. */
function sureBranches(schema: Json): readonly Json[] {
  const all = own(schema, 'allOf')
  const branches = Array.isArray(all) ? all.slice(0, MAX_NOTED).filter(isRecord) : []
  for (const list of [own(schema, 'anyOf'), own(schema, 'oneOf')]) {
    const sole = Array.isArray(list) ? soleBranch(list) : undefined
    if (isRecord(sole)) branches.push(sole)
  }
  return branches
}

/** The one that is not of null; undefined where there are more. */
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
/** Those that may have something noted, here or further in. */
const NOTED = CONSTRAINED | GROUPS.items | GROUPS.all | GROUPS.alternatives

/** Notes in the fewest words that keep the meaning: `int`, `1..100`, `length <= 50`, `uri`. */
function constrain(schema: Json, groups: number, notes: string[]): void {
  if (hasIntegers(schema)) notes.push('int')
  if ((groups & CONSTRAINED) === 0) return
  const isAnnotated = (groups & GROUPS.annotations) !== 0
  const format = isAnnotated ? own(schema, 'format') : undefined
  // How many bits a number has says nothing to a program.
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

/** Generators bound every integer by what a number can hold, which says nothing. */
function number(schema: Json, keyword: string): number | undefined {
  const value = own(schema, keyword)
  return typeof value === 'number' && Math.abs(value) < Number.MAX_SAFE_INTEGER ? value : undefined
}

/** In draft-04 and OpenAPI 3.0 `exclusiveMinimum` is a flag of `minimum`, later a bound of its own. */
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

/** Generators write out what a format means, at length. */
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
  // That a length is not negative goes without saying.
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

/** A constant on one line; undefined if it is too long, or nested so deeply that it cannot be written. */
function brief(value: unknown, length: number, { largeValues }: Known): string | undefined {
  // Long before it is written out.
  if (typeof value !== 'object' || value === null) {
    if (typeof value === 'bigint' || (typeof value === 'string' && value.length > length)) return undefined
  } else if (largeValues.has(value) || !isSmall(value)) {
    largeValues.add(value)
    return undefined
  }
  const text = JSON.stringify(value)
  return text !== undefined && text.length <= length ? text : undefined
}

/** Whether its text may be as short as the longest that is written. */
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

/** What a printer says beside types, in a style. */
export function docsBy(rules: StyleRules, indent: string): Docs {
  const known: Known = { work: new Counter(), notes: new Map(), largeValues: new WeakSet() }
  return {
    indent,
    member: (member, key) => docText(member.docs, key, rules, known),
    definition: ({ schema, hint }) => (typeof schema === 'boolean' ? '' : docText([schema], hint, rules, known)),
  }
}

/** A doc comment on lines of its own, or nothing. */
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
