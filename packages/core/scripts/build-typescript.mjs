/**
 * Makes amaro's module for Workers, where WebAssembly is imported and cannot be compiled from bytes: the same code, with
 * its WebAssembly in a file of its own.
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
if (whole === undefined) throw new Error('amaro embeds its WebAssembly otherwise than it did')

const files = {
  amaro: internal.replace(whole, 'var wasmModule = require("wasm").default;'),
  util: 'export const { TextDecoder, TextEncoder } = globalThis',
  wasm: "export { default } from './typescript.wasm'",
}

await mkdir(output, { recursive: true })
await build({
  stdin: { contents: "export { transformSync } from 'amaro'" },
  bundle: true,
  format: 'esm',
  target: 'es2023',
  outfile: join(output, 'typescript-workerd.js'),
  banner: { js: '// amaro (MIT) with swc (Apache-2.0): see typescript-workerd.LICENSE.' },
  plugins: [
    {
      name: 'amaro-in-workers',
      setup({ onResolve, onLoad }) {
        onResolve({ filter: /\.wasm$/ }, ({ path }) => ({ path, external: true }))
        onResolve({ filter: /./ }, ({ path }) => (path in files ? { path, namespace: 'made' } : undefined))
        onLoad({ filter: /./, namespace: 'made' }, ({ path }) => ({ contents: files[path], loader: 'js' }))
      },
    },
  ],
})
await writeFile(join(output, 'typescript.wasm'), Buffer.from(base64, 'base64'))
await copyFile(join(amaro, 'LICENSE'), join(output, 'typescript-workerd.LICENSE'))
