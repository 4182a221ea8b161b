/**
 * Builds amaro for platforms without Node.js, with the same code but without the modules of Node.js. In Workers, which
 * import WebAssembly and cannot compile it from bytes, it is a separate file. In browsers it stays in the code.
 */
import { copyFile, mkdir, readFile, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

const output = fileURLToPath(new URL('../dist/', import.meta.url))
const amaro = dirname(createRequire(import.meta.url).resolve('amaro'))

const EMBEDDED =
  /var \{ Buffer: Buffer2 \} = require\("node:buffer"\);\s*var bytes = Buffer2\.from\("([A-Za-z0-9+/=]+)", "base64"\);\s*var wasmModule = new WebAssembly\.Module\(bytes\);/
const internal = await readFile(join(amaro, 'internal.js'), 'utf8')
const [whole, base64] = EMBEDDED.exec(internal) ?? []
if (whole === undefined)
  throw new Error('Cannot find the WebAssembly that amaro embeds: update EMBEDDED for this version of amaro')

const VARIANTS = {
  workerd: { module: 'var wasmModule = require("wasm").default;', wasm: "export { default } from './typescript.wasm'" },
  browser: {
    module: 'var wasmModule = new WebAssembly.Module(require("wasm").bytes);',
    wasm: `export const bytes = Uint8Array.from(atob('${base64}'), (letter) => letter.charCodeAt(0))`,
  },
}

await mkdir(output, { recursive: true })
for (const [variant, { module, wasm }] of Object.entries(VARIANTS)) {
  const files = {
    amaro: internal.replace(whole, () => module),
    util: 'export const { TextDecoder, TextEncoder } = globalThis',
    wasm,
  }
  await build({
    stdin: { contents: "export { transformSync } from 'amaro'" },
    bundle: true,
    format: 'esm',
    target: 'es2023',
    outfile: join(output, `typescript-${variant}.js`),
    banner: { js: '// amaro (MIT) with swc (Apache-2.0): see typescript.LICENSE.' },
    plugins: [
      {
        name: 'amaro-without-node',
        setup({ onResolve, onLoad }) {
          onResolve({ filter: /\.wasm$/ }, ({ path }) => ({ path, external: true }))
          onResolve({ filter: /./ }, ({ path }) => (path in files ? { path, namespace: 'made' } : undefined))
          onLoad({ filter: /./, namespace: 'made' }, ({ path }) => ({ contents: files[path], loader: 'js' }))
        },
      },
    ],
  })
}
await writeFile(join(output, 'typescript.wasm'), Buffer.from(base64, 'base64'))
await copyFile(join(amaro, 'LICENSE'), join(output, 'typescript.LICENSE'))
