import { describe, expect, it } from 'vitest'
import { declarationsFromTools, typeFromSchema } from '../src/schema/declarations.ts'

const typeOf = (schema: Parameters<typeof typeFromSchema>[0]) => typeFromSchema(schema, { name: 'T' })

describe('types of schemas', () => {
  it.each([
    [{ type: 'string' }, 'string'],
    [{ type: ['string', 'null'] }, 'string | null'],
    [{ enum: ['a', 1, null] }, '"a" | 1 | null'],
    [{ type: 'string', enum: ['a', 1] }, '"a"'],
    [{ const: { a: [1] } }, '{ a: [1] }'],
    [{ type: 'array', items: { anyOf: [{ type: 'string' }, { type: 'number' }] } }, '(string | number)[]'],
    [{ type: 'array' }, 'unknown[]'],
    [
      { type: 'array', prefixItems: [{ type: 'string' }, { type: 'number' }], minItems: 1, items: false },
      '[string, number?]',
    ],
    [{ type: 'array', items: [{ type: 'string' }], additionalItems: { type: 'number' } }, '[string?, ...number[]]'],
    [{ type: 'object' }, 'Record<string, unknown>'],
    [{ type: 'object', additionalProperties: false }, 'Record<string, never>'],
    [{ type: 'object', additionalProperties: { type: 'integer' } }, 'Record<string, number>'],
    [{ allOf: [{ anyOf: [{ type: 'string' }, { type: 'number' }] }, { enum: ['a'] }] }, '(string | number) & "a"'],
    [{ type: 'string', nullable: true }, 'string | null'],
    [true, 'unknown'],
    [false, 'never'],
    [{}, 'unknown'],
  ])('%j is %s', (schema, type) => {
    expect(typeOf(schema as never)).toEqual({ declarations: '', type })
  })

  it('gives recursion a name, and says it once', () => {
    const tree = {
      $ref: '#/$defs/node',
      $defs: {
        node: {
          type: 'object',
          properties: { next: { $ref: '#/$defs/node' }, all: { type: 'array', items: { $ref: '#/$defs/node' } } },
        },
      },
    }
    expect(typeOf(tree).declarations).toBe('type Node = {\n  next?: Node\n  all?: Node[]\n}\ntype T = Node\n')
  })

  it('does not let two definitions or a built-in type share a name', () => {
    const { declarations } = typeOf({
      anyOf: [{ $ref: '#/$defs/a_b' }, { $ref: '#/$defs/aB' }, { $ref: '#/$defs/record' }],
      $defs: { a_b: { type: 'string' }, aB: { type: 'number' }, record: { type: 'boolean' } },
    })
    expect(declarations).toContain('type AB = string')
    expect(declarations).toContain('type AB2 = number')
    expect(declarations).toContain('type Record2 = boolean')
  })

  it('quotes keys that need it, and cannot be left by a comment', () => {
    const text = declarationsFromTools(
      [
        {
          name: 'a',
          description: 'ends */ here',
          inputSchema: {
            type: 'object',
            properties: { 'content-type': { type: 'string' }, __proto__x: { description: 'a */ b\nc' } },
          },
          execute: () => 1,
        },
      ],
      { namespace: 'n' },
    )
    expect(text).toContain('"content-type"?: string')
    expect(text.match(/\*\//g)).toHaveLength(2)
  })
})
