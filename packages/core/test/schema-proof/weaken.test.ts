import { describe, expect, it } from 'vitest'
import { wronglyWeakened } from './measure-suite.ts'
import { DRAFTS } from './validators.ts'
import { weaken } from './weaken.ts'

describe('weakening', () => {
  it.each([
    [{ type: 'integer', minimum: 1 }, { type: 'number' }],
    [{ oneOf: [{ type: 'string' }] }, { anyOf: [{ type: 'string' }] }],
    [
      { oneOf: [true], anyOf: [false] },
      { anyOf: [false], allOf: [{ anyOf: [true] }] },
    ],
    [{ not: { type: 'string' } }, { not: { type: 'string' } }],
    [{ not: { type: 'integer' } }, {}],
    [{ not: { required: ['a', 'b'] } }, {}],
    [{ if: { pattern: 'a' }, else: false, type: 'string' }, { type: 'string' }],
    [
      { patternProperties: { '^x-': true, 'a+': false }, additionalProperties: false },
      { patternProperties: { '^x-': true }, additionalProperties: true },
    ],
    [{ propertyNames: { pattern: '^x-', maxLength: 3 } }, { propertyNames: { pattern: '^x-' } }],
    [
      { const: { minimum: 1 }, required: ['toString', 'a'] },
      { const: { minimum: 1 }, required: ['a'] },
    ],
    [{ properties: { minimum: { minimum: 1 } } }, { properties: { minimum: {} } }],
    [{ contains: true, unevaluatedItems: false }, {}],
  ])('reduces %j to %j', (schema, weaker) => {
    expect(weaken(schema)).toEqual(weaker)
  })

  it.each(DRAFTS)('keeps valid instances of %s valid', (draft) => {
    expect(wronglyWeakened(draft)).toEqual([])
  })
})
