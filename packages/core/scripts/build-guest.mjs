/** Bundles the guest runtime and its libraries into strings, so that every adapter evaluates the same text. */
import { createHash } from 'node:crypto'
import { readdir, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

const directory = fileURLToPath(new URL('../src/guest/', import.meta.url))

/**
 * Bundles a module as the body of a function. Another function around it would be costly, since engines keep the source
 * of every function.
 */
async function bundle(file) {
  const { outputFiles } = await build({
    entryPoints: [directory + file],
    bundle: true,
    write: false,
    minify: true,
    format: 'esm',
    // Neutral, so that libraries do not pick their Node.js build. The code must run with ECMAScript alone.
    platform: 'neutral',
    mainFields: ['module', 'main'],
    target: 'es2023',
    legalComments: 'none',
  })
  return outputFiles[0].text.trim()
}

/**
 * Bundles a module as a function expression. The function evaluates the module and returns what `result` makes of its
 * single export, if it has one.
 */
async function asFunction(file, parameters, result) {
  const text = await bundle(file)
  const exported = /export\{([\w$]+) as \w+\};?$/.exec(text)
  const body = exported === null ? text : `${text.slice(0, exported.index)}return ${result(exported[1])}`
  return `(${parameters})=>{"use strict";${body}}`
}

const source = await asFunction('main.ts', 'post,library,intl', (boot) => `${boot}(post,library,intl)`)
const libraries = {}
for (const file of (await readdir(`${directory}libraries`)).sort())
  libraries[file.replace('.ts', '')] = await asFunction(`libraries/${file}`, '', (exported) => exported)

const id = createHash('sha256')
  .update(JSON.stringify([source, libraries]))
  .digest('hex')
  .slice(0, 16)
await writeFile(
  `${directory}runtime.generated.ts`,
  `import type { GuestRuntime } from '../contract/adapter.ts'

/** Made by scripts/build-guest.mjs. */
export const guestRuntime: GuestRuntime = ${JSON.stringify({ id, source, libraries }, null, 2)}
`,
)
const sizes = Object.entries({ runtime: source, ...libraries }).map(([name, text]) => `${name} ${text.length}`)
console.log(`guest runtime ${id}, in bytes: ${sizes.join(', ')}`)
