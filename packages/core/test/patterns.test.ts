import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { compilePattern, planPattern } from '../src/validation/pattern.ts'

const SEED = Number(process.env.FUZZ_SEED ?? Date.now() % 2 ** 31)
const settings = { numRuns: Number(process.env.FUZZ_RUNS ?? 2_000), seed: SEED }

console.log(`patterns: FUZZ_SEED=${SEED}`)

const kindOf = (source: string) => planPattern(source).kind

describe('a schema pattern', () => {
  it.each([
    ['^[a-z0-9-]+$', 'native'],
    ['^\\d{4}-\\d{2}-\\d{2}$', 'native'],
    ['^https?://', 'native'],
    ['^(?!-)[a-z]{1,10}$', 'native'],
    ['^https\\:\\/\\/', 'native'],
    ['^[^@]+@[^@]+$', 're2'],
    ['(a+)+$', 're2'],
    ['(a|aa)*b', 're2'],
    ['\\s+$', 're2'],
    ['^(\\w+\\s?)*$', 're2'],
    ['(?=.*a)b', 'none'],
    ['(a)\\1', 'none'],
    ['(?i)^abc$', 'none'],
    ['a{1,1000}{1,1000}', 'none'],
    ['(?:(?:a{100}){100}){100}', 'none'],
    [`[${'\\p{L}'.repeat(300)}]`, 'none'],
    ['a'.repeat(10_000), 'none'],
    ['('.repeat(900), 'none'],
  ])('%s is evaluated by %s', (source, kind) => {
    expect(kindOf(source)).toBe(kind)
  })

  it('is evaluated in linear time', async () => {
    const text = `${'a'.repeat(100_000)}b`
    for (const source of ['(a+)+$', '(a|a)+$', '(a|aa)+$', 'a*a*a*a*a*c', '^(a?){30}a{30}$', '(.*)(.*)(.*)[^ab]']) {
      const pattern = await compilePattern(planPattern(source))
      const before = process.cpuUsage()
      expect(pattern?.test(text)).toBe(false)
      const { user, system } = process.cpuUsage(before)
      expect(user + system).toBeLessThan(10_000_000)
    }
  })

  it('has the same meaning in RE2 as in JavaScript', async () => {
    const atom = fc.constantFrom(
      'a',
      'b',
      '.',
      '\\d',
      '\\w',
      '\\s',
      '\\S',
      '\\D',
      '[ab]',
      '[^a]',
      '[^\\s@]',
      '\\.',
      '[\\s\\S]',
      '\\u00e9',
      '-',
      '\\b',
    )
    const quantifier = fc.constantFrom('', '', '*', '+', '?', '{1,2}', '{2,}', '*?')
    const part = fc.tuple(atom, quantifier).map(([one, count]) => (one === '\\b' ? one : one + count))
    const sequence = fc.array(part, { minLength: 1, maxLength: 4 }).map((parts) => parts.join(''))
    const group = fc.tuple(sequence, sequence, quantifier).map(([left, right, count]) => `(${left}|${right})${count}`)
    const source = fc
      .tuple(fc.boolean(), fc.array(fc.oneof(sequence, group), { minLength: 1, maxLength: 3 }), fc.boolean())
      .map(([isAnchored, parts, isEnded]) => `${isAnchored ? '^' : ''}${parts.join('')}${isEnded ? '$' : ''}`)
    const text = fc.string({
      unit: fc.constantFrom('a', 'b', '1', ' ', '-', '.', '@', 'é', '\n', '\u00a0', '\u2028', '😀'),
      maxLength: 12,
    })
    let compared = 0
    await fc.assert(
      fc.asyncProperty(source, text, async (pattern, value) => {
        const plan = planPattern(pattern)
        fc.pre(plan.kind === 're2')
        compared++
        expect([pattern, value, (await compilePattern(plan))?.test(value)]).toEqual([
          pattern,
          value,
          new RegExp(pattern, 'u').test(value),
        ])
      }),
      settings,
    )
    expect(compared).toBeGreaterThan(settings.numRuns / 4)
  })
})
