import { isEmptyRest, parseExpressionEnd } from './parse.ts'
import { applyEdits, blank, type Edit, type PositionStep } from './positions.ts'

/** A text extracted from another, with the steps that map its positions back. */
export interface Unpacked {
  readonly text: string
  readonly steps: readonly PositionStep[]
}

/**
 * Extracts programs from what models put around them: tags, fences, backticks, and the escapes and entities of another
 * format. Use it for a text that does not parse unchanged.
 *
 * @yields the possible programs, the most likely first; few, regardless of the length of the text
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
 * Returns the program in a text that is valid JavaScript only by chance: the arguments of the tool repeated as JSON, or
 * a program as one string or in backticks. The caller must decide whether it is a program, since a plain value may look
 * the same.
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

/** Replaces everything outside the spans with blanks, so that the kept text keeps its lines and columns. */
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
/** Tags of prompts, tool call formats and web pages. Other tags may be markup that a program processes. */
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
/** Matches code on the line of an opening fence, but not attributes of the block. */
const CODE = /^(?!\s*(?:\{|[\w-]+=["'{\d]))(?=.*(?:[=;(]|\breturn\b))/
const PROGRAMS = /^(?:js|javascript|mjs|cjs|jsx|ts|typescript|mts|tsx|node|deno|bun)$/i
/** Languages of output, commands and data, which may accompany programs. */
const OTHERS =
  /^(?:json[c5]?|ba?sh|sh|shell|zsh|console|te?xt|plaintext|output|html|xml|css|ya?ml|toml|md|markdown|diff|sql|py|python|http|csv|ini|env)$/i
/** Maximum number of blocks that are tried, from the first. */
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
      // The closing fence may also follow code on the same line.
      blocks.push({
        language: open.language,
        span: [open.start, Math.max(open.start, at + trimmed.length - open.fence.length)],
      })
      open = undefined
    }
    at = end + 1
  }
  // The output was cut off, or the model forgot the closing fence.
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
  // Blocks belong together if none before the last one returns. Otherwise they are alternative proposals.
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

/**
 * Unescapes the content of a JSON string, with or without quotes. Its line breaks are written as `\n`, so it contains
 * no actual one.
 */
function withoutEscapes(text: string): Unpacked[] {
  const trimmed = text.trim()
  if (trimmed.includes('\n') || !/\\[nrt]/.test(trimmed)) return []
  const inner = /^(["'])([\s\S]*)\1;?$/.exec(trimmed)?.[2] ?? trimmed
  const CONTROLS: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t' }
  return [{ text: inner.replace(/\\(.)/g, (_, sign: string) => CONTROLS[sign] ?? sign), steps: [] }]
}

/** Maximum number of lines, from the end, that are tried as the start of an object. */
const MAX_OBJECTS = 5

/** Makes a text return the object at its end. JavaScript parses `{ total: total, ok: true }` as a block. */
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
