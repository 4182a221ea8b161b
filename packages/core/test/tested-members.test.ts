import { expect, it } from 'vitest'
import { prepareProgram } from '../src/program/program.ts'

/** Runs a program whose namespace has a function for every name, like the namespaces of a guest. */
async function valueOf(text: string): Promise<unknown> {
  const { source } = await prepareProgram(text)
  const known = Object.freeze({ get: () => 'got' })
  const tools = new Proxy(known, { get: (_, key) => known[key as 'get'] ?? (() => 'missing') })
  return new Function('tools', `return (${source.trim()})()`)(tools)
}

it.each([
  ['return typeof tools.nope', 'undefined'],
  ['return typeof tools.get', 'function'],
  ['if (tools.nope) return 1\nreturn 2', 2],
  ['if (!tools.nope) return 1', 1],
  ['return tools.nope ? 1 : 2', 2],
  ['return tools.nope ?? tools.get()', 'got'],
  ['return (tools.nope || tools.get)()', 'got'],
  ['return tools.nope && 1', undefined],
  ['return tools.nope?.()', undefined],
  ['return tools.get?.()', 'got'],
  ['return tools?.nope?.({ a: 1 })', undefined],
  ['return tools["nope"] === undefined', true],
  ['for (const name of ["get", "nope"]) if (tools[name]) return name', 'get'],
  ['return tools.nope()', 'missing'],
  ['const tools = { a: 0 }; return tools.a ?? 1', 0],
  ['return crypto.randomUUID?.().length', 36],
  ['if (require.main === module) return 5', 5],
  ['return /* a */ typeof (tools.nope) // b', 'undefined'],
])('a program that tests for a tool finds only what exists: %s', async (text, wanted) => {
  expect(await valueOf(text)).toBe(wanted)
})
