import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { describeAdapter } from '@glovebox/conformance'
import { quickjsInline } from '@glovebox/quickjs/inline'
import variant from '@jitl/quickjs-wasmfile-release-sync'

const wasm = createRequire(import.meta.url).resolve('@jitl/quickjs-wasmfile-release-sync/wasm')

describeAdapter({
  name: 'quickjs inline',
  create: async () => quickjsInline({ variant, module: await WebAssembly.compile(await readFile(wasm)) }),
})
