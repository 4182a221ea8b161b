/** Bundles the guest runtime to one string, so that every adapter evaluates the same text. */
import { createHash } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { build } from 'esbuild'

const directory = new URL('../src/guest/', import.meta.url)
const { outputFiles } = await build({
  entryPoints: [new URL('main.ts', directory).pathname],
  bundle: true,
  write: false,
  minify: true,
  format: 'iife',
  globalName: 'guest',
  // Neutral, so that no library picks its Node build; it must run where there is nothing but ECMAScript.
  platform: 'neutral',
  mainFields: ['module', 'main'],
  target: 'es2023',
  legalComments: 'none',
})
const source = `post=>{"use strict";${outputFiles[0].text.trim()}return guest.boot(post)}`
const id = createHash('sha256').update(source).digest('hex').slice(0, 16)
await writeFile(
  new URL('runtime.generated.ts', directory),
  `/** Made by scripts/build-guest.mjs. */\nexport const guestRuntime = ${JSON.stringify({ id, source })}\n`,
)
console.log(`guest runtime ${id}: ${source.length} bytes`)
