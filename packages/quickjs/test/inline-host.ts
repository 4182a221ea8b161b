/** Creates the sandbox under test on the caller's thread, for a disposable host. */
import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import type { Sandbox } from '@glovebox/core'
import { quickjsInline } from '@glovebox/quickjs/inline'
import variant from '@jitl/quickjs-wasmfile-release-sync'

const wasm = createRequire(import.meta.url).resolve('@jitl/quickjs-wasmfile-release-sync/wasm')

export default async function create(): Promise<Sandbox> {
  return quickjsInline({ variant, module: await WebAssembly.compile(await readFile(wasm)) })
}
