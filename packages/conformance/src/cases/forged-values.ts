import assert from 'node:assert/strict'
import { failed } from '../assert.ts'
import type { ConformanceCase } from '../case.ts'
import { keepsHostFree } from '../host-cpu.ts'

/** Graphs that the codec never produces. The decoder must reject each one without allocating for it. */
const GRAPHS: readonly (readonly [id: string, graph: string])[] = [
  ['empty', '[]'],
  ['no-list', '{"0":[1],"length":2}'],
  ['node-that-is-no-list', '[[1],{"0":"o"}]'],
  ['unknown-kind', '[[1],["z"]]'],
  ['inherited-kind', '[[1],["__proto__"]]'],
  ['kind-that-is-a-list', '[[1],[["o"]]]'],
  ['negative-reference', '[[-1],["o"]]'],
  ['reference-to-the-root', '[[0],["o"]]'],
  ['fractional-reference', '[[1.5],["o"]]'],
  ['huge-reference', '[[1e300],["o"]]'],
  ['reference-by-name', '[["length"],["o"]]'],
  ['reference-by-inherited-name', '[["constructor"],["o"]]'],
  ['bare-object', '[[1],["o","a",{"b":1}]]'],
  ['property-without-value', '[[1],["o","a"]]'],
  ['property-without-name', '[[1],["o",5,1]]'],
  ['array-of-no-list', '[[1],["a",4294967295]]'],
  ['array-with-a-length', '[[1],["a",[],"length",4294967295]]'],
  ['array-with-an-index', '[[1],["a",[],"4294967294",1]]'],
  ['map-without-a-value', '[[1],["m","key"]]'],
  ['date-of-text', '[[1],["d","soon"]]'],
  ['expression-that-is-none', '[[1],["r","(","g"]]'],
  ['expression-with-flags-of-its-own', '[[1],["r","a","gg"]]'],
  ['long-expression', `[[1],["r","${'\\\\p{L}'.repeat(300)}","u"]]`],
  ['error-with-a-stack', '[[1],["e","E","m","stack","at secret (/etc/passwd:1:1)"]]'],
  ['error-without-a-message', '[[1],["e","E"]]'],
  ['many-errors', `[[1]${',["e","E",""]'.repeat(4_001)}]`],
  ['many-numeric-keys', `[[1],["S",${Array.from({ length: 4_001 }, (_, index) => index).join()}]]`],
  ['bytes-by-number', '[[1],["b",1000000000]]'],
  ['bytes-that-are-no-text', '[[1],["b","*"]]'],
  ['view-of-a-number', '[[1],["v","Float64Array",1000000000,0,1]]'],
  ['view-of-a-list', '[[1],["v","Uint8Array",[2],0,1],["a",[1,2,3]]]'],
  ['view-that-does-not-fit', '[[1],["v","Float64Array","AAAA",0,1]]'],
  ['view-of-an-inherited-kind', '[[1],["v","constructor","AAAA",0,3]]'],
  ['view-of-a-view', '[[1],["v","Uint8Array",[2],0,1],["v","Uint8Array",[1],0,1]]'],
  ['boxed-object', '[[1],["O",[2]],["o"]]'],
  ['boxed-nothing', '[[1],["O",null]]'],
  ['digits-with-a-prefix', '[[1],["a",[["B","0x1f"]]]]'],
  ['digits-that-are-no-text', '[[1],["a",[["B",5]]]]'],
]

const quote = JSON.stringify

export const forgedValues: readonly ConformanceCase[] = GRAPHS.map(([id, graph]) => ({
  id: `forgeries.graph.${id}`,
  protects: `an invalid graph is rejected as an input and as a result, and no tool runs (${id.replaceAll('-', ' ')})`,
  tampers: true,
  run: ({ attack, sandbox }) =>
    keepsHostFree(sandbox, async () => {
      let ran = false
      const echo = () => {
        ran = true
      }
      const call = `post(${quote(`{"type":"call","id":1,"tool":"tools.echo"}\ng${graph}`)})`
      const result = `post(${quote(`{"type":"returned"}\ng${graph}`)})`
      failed(await attack(call, { tools: { echo } }), 'PROTOCOL_VIOLATION')
      failed(await attack(result, { tools: { echo } }), 'PROTOCOL_VIOLATION')
      assert.equal(ran, false)
    }),
}))
