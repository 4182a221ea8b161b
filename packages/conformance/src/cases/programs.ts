import assert from 'node:assert/strict'
import { failed, returned } from '../assert.ts'
import type { ConformanceCase } from '../case.ts'

/** Forms in which models write programs, with the value that each must return. */
const FORMS: readonly (readonly [id: string, code: string, value: unknown])[] = [
  ['statements', 'const a = await Promise.resolve(2)\nreturn a * 3', 6],
  ['expression', '1 + 2', 3],
  ['last-expression', 'const a = [1, 2]\na.map((x) => x * 2)', [2, 4]],
  ['last-expression-semicolon', 'const a = 4;\na; // the answer\n', 4],
  ['object-literal', '{ a: 1, b: [2] }', { a: 1, b: [2] }],
  ['async-arrow', 'async () => { return 5 }', 5],
  ['called-arrow', '(async () => { return 6 })()', 6],
  ['function-declaration', 'async function main() { return 7 }', 7],
  ['helper-and-function', 'const twice = (x) => x * 2\nasync function main() { return twice(4) }', 8],
  ['called-function', 'async function main() { return 9 }\nmain()', 9],
  ['constant-arrow', 'const run = async () => 10', 10],
  ['export-default', 'export default async () => 11', 11],
  ['export-default-function', 'export default async function () { return 12 }', 12],
  ['export-default-parenthesised', 'export default (async () => 13)', 13],
  ['fence', '```ts\nconst a: number = 14\nreturn a\n```', 14],
  ['fence-in-prose', 'Here it is:\n\n```js\nreturn 15\n```\n\nDone.', 15],
  ['fence-in-comment', '/*\n```js\nx\n```\n*/\nreturn 14', 14],
  ['types', 'interface A { n: number }\nconst a = { n: 16 } as A\nreturn a.n satisfies number', 16],
  ['generics', 'const id = <T>(x: T): T => x\nreturn id<number>(17)', 17],
  ['enum', 'enum Colour { Red = 18, Green }\nreturn Colour.Green - 1', 18],
  ['parameter-property', 'class P { constructor(readonly n: number) {} }\nreturn new P(19).n', 19],
  ['comment-at-the-end', 'return 20 // done', 20],
  ['trailing-comment-function', 'async function main() { return 21 } // end', 21],
  ['nothing', '// nothing\n', undefined],
  ['crlf', 'const a = 22\r\nreturn a\r\n', 22],
  ['fence-left-open', 'Here it is:\n```js\nreturn 24', 24],
  ['module-of-its-own', 'const a = 25\nexport {}\nreturn a', 25],
  ['main-before-helpers', 'async function main() { return twice(13) }\nfunction twice(n) { return n * 2 }', 26],
  ['function-that-takes-tools', 'export default async ({ tools }) => typeof tools === "object" && 27', 27],
  ['main-guard', 'async function main() { return 28 }\nif (require.main === module) { main() }', 28],
  ['module-exports', 'async function main() { return 29 }\nmodule.exports = { main }', 29],
  ['last-declaration', 'const a = 29\nconst b = await Promise.resolve(a + 1)', 30],
  ['last-branch', 'try {\n  const r = { n: 31 }\n  r.n\n} catch (e) {\n  e.message\n}', 31],
  ['last-block-of-names', 'const total = 5\nconst names = ["a"]\n{ total, names }', { total: 5, names: ['a'] }],
  ['import-of-types', 'import type { A } from "./a"\nconst a: A = 32\nreturn a', 32],
  ['fence-on-one-line', '```js return 33 ```', 33],
  ['fences-that-belong-together', '```ts\nconst n: number = 33\n```\nThen:\n```ts\nreturn n + 1\n```', 34],
  ['character-data', '<![CDATA[\nreturn 35\n]]>', 35],
  ['arguments-as-json', '{"code": "return 36"}', 36],
  ['entities', 'return [37].filter((n) =&gt; n &gt; 1)[0]', 37],
  ['line-for-a-shell', '#!/usr/bin/env node\nreturn 23', 23],
  ['text-of-html', 'let n = 24\nwhile (n --> 1) {}\nreturn "<!-- -->".length + n', 8],
  ['export-behind-comments', 'export //23456 0)}; evil(); async()=>{return 1;/*\r default "*/ //"', '*/ //'],
]

const MISTAKES: readonly (readonly [id: string, code: string, line: number])[] = [
  ['unfinished', 'const a = [1,\nreturn a', 2],
  ['no-value', 'let a = 1\nconst b: string = ;', 2],
  ['closes-the-wrapper', '})(); globalThis.evil = 1; (async () => {', 1],
  ['closes-a-function', 'return 1 }; evil(); async () => {', 1],
  ['html-comment', 'let x = 1, y = 0;\ny <!--x + `\n}; evil(); async () => {\n//`\n0', 1],
  ['behind-the-end', 'const x = 1\nreturn (x +', 2],
  ['import', 'const a = 1\nimport fs from "fs"', 2],
  ['in-a-fence', 'Look:\n```js\nlet = = 2\n```', 3],
]

export const programs: readonly ConformanceCase[] = [
  ...FORMS.map(([id, code, value]) => ({
    id: `programs.form.${id}`,
    protects: `a program in this form returns its value (${id.replaceAll('-', ' ')})`,
    run: async ({ run }: Parameters<ConformanceCase['run']>[0]) => returned(await run(code), value),
  })),
  ...MISTAKES.map(([id, code, line]) => ({
    id: `programs.mistake.${id}`,
    protects: 'a syntax error is reported with its line and a code frame, and nothing runs',
    run: async ({ run }: Parameters<ConformanceCase['run']>[0]) => {
      const error = failed(await run(code), 'CODE_SYNTAX')
      assert.equal(error.line, line)
      assert.match(`${error.frame}`, new RegExp(`> +${line} \\|`))
    },
  })),
  {
    id: 'programs.strict',
    protects: 'programs run in strict mode on every engine',
    run: async ({ run }) => {
      assert.equal(failed(await run('undeclared = 1'), 'CODE_THREW').name, 'ReferenceError')
    },
  },
]
