import { type McpProvider, mcp } from '@glovebox/mcp'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Fixture, fixture, publicServer, runForValue, runProgram, temporaryDirectory } from './support.ts'

const text = (value: string) => ({ type: 'text', text: value })

describe('the value of a result in a program', () => {
  const directory = temporaryDirectory()
  let server: Fixture
  let provider: McpProvider

  beforeAll(async () => {
    server = fixture(directory.path)
    provider = await mcp({ name: 'fixture', ...server })
  })
  afterAll(async () => {
    await provider.close()
    await directory[Symbol.asyncDispose]()
  })

  /** Returns the value that a program receives for this result. */
  const read = (result: unknown) => runForValue(provider, `return await fixture.result(${JSON.stringify({ result })})`)

  it.each([
    ['123', '123'],
    ['true', 'true'],
    ['null', 'null'],
    ['"quoted"', '"quoted"'],
    ['', ''],
    ['plain words', 'plain words'],
    ['{"a":1}', { a: 1 }],
    [' [1, {"b": null}]\n', [1, { b: null }]],
    ['{"a":1', '{"a":1'],
    ['{not json}', '{not json}'],
    ['[link](https://example.org)', '[link](https://example.org)'],
  ])('is, for the single text %j, %j', async (given, expected) => {
    expect(await read({ content: [text(given)] })).toEqual(expected)
  })

  it('is a list of values in order for several blocks', async () => {
    expect(await read({ content: [text('one'), text('{"two":2}'), text('3')] })).toEqual(['one', { two: 2 }, '3'])
  })

  it('is undefined without content', async () => {
    expect(await read({ content: [] })).toBeUndefined()
  })

  it('is the structured content rather than the text that repeats it', async () => {
    expect(await read({ content: [text('{"a":"text"}')], structuredContent: { a: 'structured' } })).toEqual({
      a: 'structured',
    })
  })

  it('has bytes for images and audio', async () => {
    const data = Buffer.from([0, 255, 128, 7]).toString('base64')
    const image = { type: 'image', data, mimeType: 'image/png' }
    const audio = { type: 'audio', data, mimeType: 'audio/wav' }
    expect(await read({ content: [image] })).toEqual({
      type: 'image',
      mimeType: 'image/png',
      bytes: new Uint8Array([0, 255, 128, 7]),
    })
    expect(await read({ content: [audio] })).toEqual({
      type: 'audio',
      mimeType: 'audio/wav',
      bytes: new Uint8Array([0, 255, 128, 7]),
    })
  })

  it('has text or bytes for embedded resources, and links for resource links', async () => {
    const content = [
      { type: 'resource', resource: { uri: 'note://1', mimeType: 'text/plain', text: 'hello' } },
      { type: 'resource', resource: { uri: 'blob://1', blob: Buffer.from('hi').toString('base64') } },
      { type: 'resource_link', uri: 'file:///x', name: 'x' },
    ]
    expect(await read({ content })).toEqual([
      { type: 'resource', uri: 'note://1', mimeType: 'text/plain', text: 'hello' },
      { type: 'resource', uri: 'blob://1', mimeType: undefined, bytes: new Uint8Array([104, 105]) },
      { type: 'resource_link', uri: 'file:///x', name: 'x', description: undefined, mimeType: undefined },
    ])
  })

  it('is a TOOL_FAILED error with the text of a result with `isError`', async () => {
    const result = {
      isError: true,
      content: [text('no such row'), text('try another')],
      structuredContent: { ignored: true },
    }
    const failed = await runProgram(provider, `await fixture.result(${JSON.stringify({ result })})`)
    expect(failed).toMatchObject({
      ok: false,
      error: { code: 'TOOL_FAILED', message: expect.stringContaining('no such row\ntry another') },
      calls: [{ outcome: 'failed', code: 'TOOL_FAILED' }],
    })
  })

  it('is an error with the name of the tool if a failed result has no text', async () => {
    const caught = await runForValue(
      provider,
      `try { await fixture.result({ result: { isError: true, content: [] } }) } catch (error) { return [error.code, error.message] }`,
    )
    expect(caught).toEqual(['TOOL_FAILED', 'result failed'])
  })

  it('is structured content that matches the output schema', async () => {
    const result = { content: [], structuredContent: { count: 2 } }
    expect(await runForValue(provider, `return await fixture.counted(${JSON.stringify({ result })})`)).toEqual({
      count: 2,
    })
  })

  it.each([
    ['of the wrong type', { content: [], structuredContent: { count: 'two' } }, { count: 'two' }],
    [
      'with additional properties',
      { content: [], structuredContent: { count: 2, more: true } },
      { count: 2, more: true },
    ],
    ['that is missing', { content: [text('{"count":2}')] }, { count: 2 }],
  ])('is structured content %s, since the call has already had its effect', async (_, result, value) => {
    const program = `return await fixture.counted(${JSON.stringify({ result })})`
    expect(await runForValue(provider, program)).toEqual(value)
  })

  it('has the blocks beside structured content in `_content`', async () => {
    const image = { type: 'image', mimeType: 'image/png', data: 'AAEC' }
    const result = { content: [text('{"count":2}'), image], structuredContent: { count: 2 } }
    const program = `const { count, _content } = await fixture.counted(${JSON.stringify({ result })})
      return [count, _content.map(({ type, size }) => [type, size])]`
    expect(await runForValue(provider, program)).toEqual([2, [['image', 3]]])
  })

  it.each([
    ['[12345678901234567890]', '[12345678901234567890]'],
    ['{"pi":3.14159265358979323846}', '{"pi":3.14159265358979323846}'],
    ['{"big":1e400}', '{"big":1e400}'],
    ['[9007199254740993]', '[9007199254740993]'],
    ['[9007199254740992, 1.10, 0.1, -0.30000000000000004, 1e21, 100000000000000000000]', undefined],
    ['{"a":[1,2,{"b":null}]}', undefined],
    ['123', '123'],
  ])('is parsed from JSON unless that would change it: %s', async (json, kept) => {
    const result = { content: [text(json)] }
    const value = await runForValue(provider, `return await fixture.result(${JSON.stringify({ result })})`)
    expect(value).toEqual(kept ?? JSON.parse(json))
  })
})

it.each([[null], [0], [''], [false], [[1, 2]], ['text']])(
  'a program receives the structured content %j instead of the text',
  async (structuredContent) => {
    await using directory = temporaryDirectory()
    // Structured content other than objects is allowed since protocol revision 2026-07-28.
    await using provider = await mcp({ name: 'fixture', ...fixture(directory.path, 'modern') })
    const result = { resultType: 'complete', content: [text('the same as text')], structuredContent }
    expect(await runForValue(provider, `return await fixture.result(${JSON.stringify({ result })})`)).toEqual(
      structuredContent,
    )
  },
)

describe('the result of the public "everything" server', () => {
  let provider: McpProvider
  beforeAll(async () => {
    provider = await mcp({ name: 'everything', ...publicServer('everything') })
  })
  afterAll(() => provider.close())

  it('becomes an array of texts and an image with the bytes of a PNG', async () => {
    const value = await runForValue(provider, 'return await everything.getTinyImage({})')
    expect(value).toEqual([
      expect.any(String),
      { type: 'image', mimeType: 'image/png', bytes: expect.any(Uint8Array) },
      expect.any(String),
    ])
    const [, image] = value as [string, { bytes: Uint8Array }]
    expect([...image.bytes.slice(0, 4)]).toEqual([0x89, 0x50, 0x4e, 0x47])
  })

  it('of a task is fetched when the task has ended', async () => {
    const program = "return await everything.simulateResearchQuery({ topic: 'bees', ambiguous: false })"
    expect(await runForValue(provider, program)).toContain('# Research Report: bees')
  })

  it('links to a resource, which can be read', async () => {
    const program = `const parts = await everything.getResourceLinks({ count: 1 })
      const { uri } = parts.find(({ type }) => type === 'resource_link')
      const resource = await everything.readResource({ uri })
      return [uri === resource.uri, (await resource.bytes()).length > 0]`
    expect(await runForValue(provider, program)).toEqual([true, true])
  })

  it('becomes its structured content', async () => {
    const value = await runForValue(provider, `return await everything.getStructuredContent({ location: 'Chicago' })`)
    expect(value).toMatchObject({ temperature: expect.any(Number), conditions: expect.any(String) })
  })

  it('is an error before the call if the input does not match the schema', async () => {
    const result = await runProgram(provider, `await everything.getSum({ a: 1, b: 'two' })`)
    expect(result).toMatchObject({
      ok: false,
      error: { code: 'TOOL_INPUT_INVALID', message: expect.stringContaining('b') },
    })
  })
})
