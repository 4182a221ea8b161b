import { describe, expect, it } from 'vitest'
import { createIntlService } from '../src/guest/intl-service.ts'

const asking =
  (answer: (request: string) => string) =>
  (...request: readonly unknown[]): unknown =>
    JSON.parse(answer(JSON.stringify(request)))

describe('the locales of a guest', () => {
  it('are those of the host, with American English as the fallback', () => {
    const ask = asking(createIntlService())
    expect(ask('NumberFormat', ['de'], null, 'format', 1234.5)).toEqual(['1.234,5'])
    expect(ask('NumberFormat', ['xx'], null, 'format', 1234.5)).toEqual(['1,234.5'])
    expect(ask('NumberFormat', [], null, 'format', { bigint: '12345678901234567890' })).toEqual([
      '12,345,678,901,234,567,890',
    ])
    expect(ask('NumberFormat', [], null, 'format', { number: '-0' })).toEqual(['-0'])
  })

  it.each([
    [['constructor', [], null, 'format']],
    [['NumberFormat', [], null, 'constructor']],
    [['NumberFormat', [], null, 'toLocaleString']],
    [['__proto__', [], null, 'format']],
    [['String', [], null, 'repeat', 'x']],
    [['NumberFormat', ['not a locale'], null, 'format', 1]],
    [['NumberFormat', 5, null, 'format', 1]],
    [[]],
  ])('answer the invalid request %j with an error', (request) => {
    expect(asking(createIntlService())(...request)).toEqual({ name: expect.any(String), message: expect.any(String) })
  })

  it('answer malformed requests with an error', () => {
    const answer = createIntlService()
    for (const text of ['', 'null', '5', '{}', '"x"', 'x'.repeat(1_000)])
      expect(JSON.parse(answer(text))).toEqual({ name: expect.any(String), message: expect.any(String) })
  })

  it('accept texts of a bounded length', () => {
    const ask = asking(createIntlService())
    expect(ask('Collator', [], null, 'compare', 'x'.repeat(4_000_000), '')).toMatchObject({ name: 'RangeError' })
    expect(ask('Collator', [], null, 'compare', 'x'.repeat(3_000_000), '')).toEqual([1])
  })

  it('create at most a thousand formatters and reuse existing ones', () => {
    const ask = asking(createIntlService())
    for (let time = 0; time < 3_000; time++) {
      expect(ask('NumberFormat', ['en'], { minimumFractionDigits: 2 }, 'format', 1)).toEqual(['1.00'])
    }
    const distinct = Array.from({ length: 1_500 }, (_, at) => ask('Collator', [], { odd: at }, 'compare', 'a', 'b'))
    expect(distinct.filter((answer) => Array.isArray(answer))).toHaveLength(999)
    expect(distinct.at(-1)).toEqual({
      name: 'RangeError',
      message: 'A program makes at most 1000 different formatters',
    })
  })
})
