import { describe, expect, it } from 'vitest'
import { prepareProgram } from '../src/program/program.ts'

const WATCH = '__unhandled__('

/** Returns the source text of each watched expression of a program. */
async function watched(text: string): Promise<string[]> {
  const { source } = await prepareProgram(text)
  const found: string[] = []
  for (let at = source.indexOf(WATCH); at >= 0; at = source.indexOf(WATCH, at + 1)) {
    const start = at + WATCH.length
    let depth = 1
    let end = start
    for (; depth > 0; end++) depth += source[end] === '(' ? 1 : source[end] === ')' ? -1 : 0
    found.push(source.slice(start, end - 1))
  }
  return found
}

describe('the detection of dropped promises', () => {
  it.each([
    ['calls of async functions', 'async function save() {}\nsave()\nreturn 1', ['save()']],
    ['calls of async arrow functions', 'const save = async () => {}; save(); return 1', ['save()']],
    ['immediately invoked functions', '(async () => { await 1 })(); return 1', ['(async () => { await 1 })()']],
    ['methods of promises', 'load().then(use); return 1', ['load().then(use)']],
    ['static methods', 'Promise.reject(1); return 1', ['Promise.reject(1)']],
    ['methods of namespaces', 'tools.save({}); return 1', ['tools.save({})']],
    ['async methods', 'class A { async go() {} }; const a = new A(); a.go(); return 1', ['a.go()']],
    ['callbacks', '[1].forEach(async (id) => use(id)); return 1', ['async (id) => use(id)']],
    ['named callbacks', 'const f = async () => {}; setTimeout(f, 5); return 1', ['f']],
    ['executors', 'return new Promise(async (done) => done(1))', ['async (done) => done(1)']],
    ['types', 'const ids: number[] = [1]; ids.forEach(async (id: number) => use(id)); return 1', 1],
  ])('finds %s', async (_, text, wanted) => {
    const found = await watched(text)
    if (typeof wanted === 'number') expect(found).toHaveLength(wanted)
    else expect(found).toEqual(wanted)
  })

  it.each([
    ['awaited calls', 'async function save() {}\nawait save()\nreturn 1'],
    ['returned calls', 'async function save() {}\nsave()'],
    ['calls whose promise is kept', 'const kept = tools.save({}); return kept'],
    ['calls that return no promise', 'const list = []; list.push(1); console.log(list); return list'],
    ['methods of parameters', '[[1]].map((list) => { list.push(1); return list })'],
    ['methods of destructured values', 'const { a: [b = 1, ...c], ...d } = {}; b.x(); c.x(); d.x(); return 1'],
    ['calls after `void`', 'void tools.save({}); return 1'],
    ['generators', '[1].forEach(async function* () {}); return 1'],
  ])('ignores %s', async (_, text) => {
    expect(await watched(text)).toEqual([])
  })
})
