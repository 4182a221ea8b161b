import { isEmptyRest, parseExpressionEnd } from './parse.ts'
import { applyEdits, blank, type Edit, type PositionStep } from './positions.ts'

/** A text within another, and the way back to its places. */
export interface Unpacked {
  readonly text: string
  readonly steps: readonly PositionStep[]
}

/**
 * What models put around a program, taken away: tags, fences, backticks, escapes and entities of the format that it was
 * written into. For texts that are no program as they stand.
 *
 * @yields the texts that may be meant, the likeliest first; few, however many a text holds
 */
export function* unpack(text: string): Generator<Unpacked, void, void> {
  yield* fromTags(text)
  yield* fromFences(text)
  yield* fromBackticks(text)
  yield* withoutEntities(text)
  yield* withoutEscapes(text)
  yield* withLastObject(text)
}

/**
 * The program in a text that is JavaScript only by chance: the arguments of the tool once more as JSON, or a program as one
 * string or in backticks. Whether it is meant as one, its reader has to see: a value may look like that too.
 */
export function packagedProgram(text: string): string | undefined {
  const trimmed = text.trim()
  if (!/^["{`]/.test(trimmed)) return undefined
  if (trimmed.startsWith('`')) return /^`([^`$\\]+)`;?$/.exec(trimmed)?.[1]
  try {
    return programIn(JSON.parse(trimmed))
  } catch {
    return undefined
  }
}

const PROGRAM_KEYS = ['code', 'program', 'script', 'source']
const ARGUMENT_KEYS = ['arguments', 'input', 'parameters', 'args', 'params']
const OTHER_KEYS = ['language', 'lang', 'description', 'title', 'name', 'id', 'type', 'tool', 'tool_name', 'function']
const MAX_DEPTH = 4

function programIn(value: unknown, depth = 0): string | undefined {
  if (typeof value === 'string') {
    if (!value.startsWith('{')) return value
    try {
      return programIn(JSON.parse(value), depth + 1)
    } catch {
      return value
    }
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value) || depth > MAX_DEPTH) return undefined
  const keys = Object.keys(value)
  const holder = keys.find((key) => PROGRAM_KEYS.includes(key)) ?? keys.find((key) => ARGUMENT_KEYS.includes(key))
  if (holder === undefined || keys.some((key) => key !== holder && !OTHER_KEYS.includes(key))) return undefined
  const inner: unknown = value[holder as never]
  return typeof inner === 'string' || ARGUMENT_KEYS.includes(holder) ? programIn(inner, depth + 1) : undefined
}

type Span = readonly [start: number, end: number]

/** Everything else becomes blanks, so that the lines and columns of what is kept stay true. */
function keepOnly(text: string, spans: readonly Span[]): Unpacked {
  let kept = ''
  let from = 0
  for (const [start, end] of spans) {
    kept += blank(text.slice(from, start)) + text.slice(start, end)
    from = end
  }
  return { text: kept + blank(text.slice(from)), steps: [] }
}

const TAG = /^\s*<([A-Za-z_][\w:.-]*)(?:\s[^<>]*)?>/
/** Tags of prompts, of formats of tool calls and of pages. Others may be markup that a program is about. */
const TAG_NAMES =
  /^(?:code|program|script|source|content|javascript|typescript|js|ts|pre|execute|parameter|parameters|invoke|arguments|input|function|(?:[a-z]+:)?(?:function_calls?|tool_calls?|tool_use|invoke|parameter)|run_program|run_code|tool_code|execute_code)$/i

function fromTags(text: string): Unpacked[] {
  const cdata = text.indexOf('<![CDATA[')
  if (cdata >= 0) {
    const end = text.indexOf(']]>', cdata)
    return [keepOnly(text, [[cdata + '<![CDATA['.length, end < 0 ? text.length : end]])]
  }
  const [opening, name = ''] = TAG.exec(text) ?? []
  if (opening === undefined || !TAG_NAMES.test(name)) return []
  const closing = text.lastIndexOf(`</${name}`)
  return [keepOnly(text, [[opening.length, closing < opening.length ? text.length : closing]])]
}

interface Block {
  readonly language: string
  readonly span: Span
}

const OPENING = /^[ \t]*(`{3,}|~{3,})(.*)$/
const LANGUAGE =
  /^[ \t]*(javascript|typescript|jsx|tsx|mjs|cjs|mts|js|ts)(?=(?:return|const|let|var|await|async|function|class|if|for|try)\b|[^\w]|$)|^[ \t]*[\w+#.-]*/i
/** The first line of a program that stands on the line of its fence, and no attributes of the block. */
const CODE = /^(?!\s*(?:\{|[\w-]+=["'{\d]))(?=.*(?:[=;(]|\breturn\b))/
const PROGRAMS = /^(?:js|javascript|mjs|cjs|jsx|ts|typescript|mts|tsx|node|deno|bun)$/i
/** Output, commands and data, which stand beside programs. */
const OTHERS =
  /^(?:json[c5]?|ba?sh|sh|shell|zsh|console|te?xt|plaintext|output|html|xml|css|ya?ml|toml|md|markdown|diff|sql|py|python|http|csv|ini|env)$/i
/** Of a text with more, the first are tried. */
const MAX_BLOCKS = 4

function fencedBlocks(text: string): Block[] {
  const blocks: Block[] = []
  let open: { fence: string; language: string; start: number } | undefined
  let at = 0
  for (const line of text.split('\n')) {
    const end = at + line.length
    const trimmed = line.trimEnd()
    if (open === undefined) {
      const [, fence, info = ''] = OPENING.exec(trimmed) ?? []
      if (fence !== undefined) {
        const infoAt = at + trimmed.length - info.length
        const found = LANGUAGE.exec(info)?.[0] ?? ''
        const rest = info.slice(found.length)
        const language = found.trim()
        if (rest.endsWith(fence)) {
          blocks.push({ language, span: [infoAt + found.length, at + trimmed.length - fence.length] })
        } else open = { fence, language, start: CODE.test(rest) ? infoAt + found.length : end + 1 }
      }
    } else if (trimmed.endsWith(open.fence)) {
      // Most often on a line of its own.
      blocks.push({
        language: open.language,
        span: [open.start, Math.max(open.start, at + trimmed.length - open.fence.length)],
      })
      open = undefined
    }
    at = end + 1
  }
  // A model that was cut off, or forgot, did not close it.
  if (open !== undefined) blocks.push({ language: open.language, span: [open.start, text.length] })
  return blocks.filter(({ span: [start, end] }) => text.slice(start, end).trim() !== '')
}

const ENDS = /^[ \t]*(?:return\b|export default\b)/m

function fromFences(text: string): Unpacked[] {
  const blocks = fencedBlocks(text)
  const programs = blocks.filter(({ language }) => PROGRAMS.test(language))
  const unnamed = blocks.filter(({ language }) => !PROGRAMS.test(language) && !OTHERS.test(language))
  const chosen = [programs, unnamed, blocks].find(({ length }) => length > 0) ?? []
  const spans = chosen.slice(0, MAX_BLOCKS).map(({ span }) => span)
  const ends = ([start, end]: Span) => ENDS.test(text.slice(start, end))
  // Blocks of which only the last one ends belong together; what ends earlier is one of several proposals.
  const belongTogether = spans.length > 1 && chosen.length <= MAX_BLOCKS && !spans.slice(0, -1).some(ends)
  const single = [...spans.filter(ends), ...spans.filter((span) => !ends(span))]
  return [...(belongTogether ? [spans] : []), ...single.map((span) => [span])].map((kept) => keepOnly(text, kept))
}

function fromBackticks(text: string): Unpacked[] {
  const start = text.search(/\S/) + 1
  const end = text.trimEnd().length - 1
  const isQuoted = text[start - 1] === '`' && text[end] === '`' && text[start] !== '`' && end > start
  return isQuoted ? [keepOnly(text, [[start, end]])] : []
}

const ENTITIES = /&(?:lt|gt|amp|quot|apos|nbsp|#0*39|#0*34|#x0*27|#x0*22);/gi
const CHARACTERS: Readonly<Record<string, string>> = {
  lt: '<',
  gt: '>',
  amp: '&',
  quot: '"',
  apos: "'",
  nbsp: ' ',
  '39': "'",
  '34': '"',
  x27: "'",
  x22: '"',
}

function withoutEntities(text: string): Unpacked[] {
  const edits: Edit[] = [...text.matchAll(ENTITIES)].map(({ 0: entity, index }) => ({
    start: index,
    end: index + entity.length,
    insert:
      CHARACTERS[
        entity
          .slice(1, -1)
          .toLowerCase()
          .replace('#', '')
          .replace(/^(x?)0+/, '$1')
      ] ?? entity,
  }))
  return edits.length === 0 ? [] : [edited(text, edits)]
}

/** The text of a JSON string without its quotes: line breaks are written `\n`, and none stands for itself. */
function withoutEscapes(text: string): Unpacked[] {
  const trimmed = text.trim()
  if (trimmed.includes('\n') || !/\\[nrt]/.test(trimmed)) return []
  const inner = /^(["'])([\s\S]*)\1;?$/.exec(trimmed)?.[2] ?? trimmed
  const CONTROLS: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t' }
  return [{ text: inner.replace(/\\(.)/g, (_, sign: string) => CONTROLS[sign] ?? sign), steps: [] }]
}

/** Lines from the end on which an object may begin. */
const MAX_OBJECTS = 5

/** `{ total: total, ok: true }` as the last statement is meant as an object, and is a block to JavaScript. */
function withLastObject(text: string): Unpacked[] {
  let start = text.length
  for (let tried = 0; tried < MAX_OBJECTS && start > 0; tried++) {
    start = text.lastIndexOf('\n{', start - 1)
    if (start < 0) return []
    const end = parseExpressionEnd(text, start + 1)
    if (end === undefined || !isEmptyRest(text.slice(end))) continue
    return [
      edited(text, [
        { start: start + 1, end: start + 1, insert: ';return(' },
        { start: end, end, insert: ')' },
      ]),
    ]
  }
  return []
}

function edited(text: string, edits: readonly Edit[]): Unpacked {
  const { text: result, step } = applyEdits(text, edits)
  return { text: result, steps: [step] }
}
