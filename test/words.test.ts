import ts from 'typescript'
import { expect, it } from 'vitest'
import { readText, trackedFiles } from './repository.ts'

/** Phrases that are unusual in technical English, with common alternatives. */
const UNUSUAL: readonly (readonly [phrase: RegExp, instead: string])[] = [
  [/\bwho(?:so)?ever\b/i, 'the caller, any code that'],
  [/\bnobody\b/i, 'no one, or the passive'],
  [/\b(?:is|are|was|were|be|been) told\b/i, 'receives, is reported'],
  [/\bunless told otherwise\b/i, 'Default: …'],
  [/\bgo(?:es|ing)? on\b/i, 'continues'],
  [/\b(?:is|are|that) none\b/i, 'is not one, is invalid'],
  [/\bmend(?:s|ed|ing)?\b/i, 'fixes'],
  [/\bfor ever\b/i, 'forever'],
  [/\bin place of\b/i, 'instead of'],
  [/\baccuse[sd]?\b/i, 'reports'],
  [/\bof one's own\b/i, 'a separate one'],
  [/\bany more\b(?! than)/i, 'no longer'],
  [/\bshall\b/i, 'must, will'],
  [/\bdearer?\b/i, 'costly'],
]

/** Matches doc comments whose first word does not begin a statement of what a thing is or does. */
const WEAK_START = /^\/\*\*\s*(?:\*\s*)?(?:Of|As|What|Such|In place)\b/

interface Found {
  readonly file: string
  readonly text: string
}

function commentsOf(file: string): string[] {
  const text = readText(file)
  const comments: string[] = []
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, false)
  const seen = new Set<number>()
  const visit = (node: ts.Node): void => {
    for (const range of ts.getLeadingCommentRanges(text, node.getFullStart()) ?? []) {
      if (seen.has(range.pos)) continue
      seen.add(range.pos)
      comments.push(text.slice(range.pos, range.end))
    }
    ts.forEachChild(node, visit)
  }
  visit(source)
  return comments
}

/** Returns the prose of a page, without its code. */
const proseOf = (page: string): string => page.replace(/^(```|~~~)[\s\S]*?^\1/gm, '').replace(/`[^`\n]*`/g, '')

const files = trackedFiles().filter(
  (file) => !/\.generated\.ts$|\/test\/(?:data|snapshots)\/|^test\/data\/|^docs\/api\//.test(file),
)
const comments: Found[] = files
  .filter((file) => /\.(?:ts|mjs)$/.test(file) && file !== 'test/words.test.ts')
  .flatMap((file) => commentsOf(file).map((text) => ({ file, text })))
const pages: Found[] = files
  .filter((file) => file.endsWith('.md'))
  .map((file) => ({ file, text: proseOf(readText(file)) }))

const wordsIn = (texts: readonly Found[]): number =>
  texts.reduce((sum, { text }) => sum + (text.match(/[\p{L}\p{N}][\p{L}\p{N}'-]*/gu)?.length ?? 0), 0)

const unusualIn = (texts: readonly Found[]): string[] =>
  texts.flatMap(({ file, text }) =>
    UNUSUAL.flatMap(([phrase, instead]) =>
      [...text.matchAll(new RegExp(phrase, 'gi'))].map(([found]) => `${file}: "${found}" (${instead})`),
    ),
  )

it.each([
  ['comments', comments],
  ['pages', pages],
] as const)('%s have fewer than 0.5 unusual phrases in 1,000 words', (kind, texts) => {
  const found = unusualIn(texts)
  const share = (found.length / wordsIn(texts)) * 1_000
  console.log(`${kind}: ${wordsIn(texts)} words, ${found.length} unusual phrases, ${share.toFixed(2)} in 1,000`)
  expect(texts.length).toBeGreaterThan(20)
  expect(share, found.join('\n')).toBeLessThan(0.5)
})

it('doc comments begin with what a thing is or does', () => {
  const weak = comments
    .filter(({ text }) => WEAK_START.test(text))
    .map(({ file, text }) => `${file}: ${text.slice(0, 80)}`)
  expect(weak).toEqual([])
})

it('the list finds what it is for', () => {
  const text = 'A failure is told to whoever waits, and goes on.'
  expect(unusualIn([{ file: 'x', text }])).toHaveLength(3)
  expect(WEAK_START.test('/** Of the guest’s heap. */')).toBe(true)
})
