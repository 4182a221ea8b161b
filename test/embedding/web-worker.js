/** The engine in a Web Worker of a page. QuickJS runs on the thread of the worker. */
import { createCodeMode } from '@glovebox/core'
import { quickjsInline } from '@glovebox/quickjs/inline'
import variant from '@jitl/quickjs-wasmfile-release-sync'
import wasm from '@jitl/quickjs-wasmfile-release-sync/wasm'

const module = await WebAssembly.compileStreaming(fetch(wasm))
const sandbox = quickjsInline({ variant, module })
const codeMode = await createCodeMode({ sandbox, tools: { add: ({ a, b }) => a + b } })
const { value, error } = await codeMode.execute(
  'enum Answer { Half = 21 }\nreturn await tools.add({ a: Answer.Half, b: 21 })',
)
postMessage(value ?? error)
