/** Boots a guest and writes its memory to a file, so that no thread has to boot its first one. */
import { readFile, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { guestRuntime } from '@glovebox/core/guest'
import variant from '@jitl/quickjs-wasmfile-release-sync'
import { Engine } from '../src/engine.ts'
import { lowerInitialMemory } from '../src/initial-memory.ts'
import { LOWERED_PAGES } from '../src/memory.ts'
import { formatSnapshot, SNAPSHOT_FILE } from '../src/snapshot-file.ts'

/** Stack size of the guests of a sandbox in bytes: that of core. Others boot. */
const STACK_BYTES = 512 * 1024
const MEMORY_BYTES = 64 * 1024 * 1024

// As in the threads: the engine copies the language into its memory.
Reflect.deleteProperty(globalThis, 'navigator')
// The engine seeds its random numbers with the time. Guests have a generator of the runtime instead.
Date.now = () => 0
const wasm = await readFile(createRequire(import.meta.url).resolve('@jitl/quickjs-wasmfile-release-sync/wasm'))
const module = await WebAssembly.compile(lowerInitialMemory(wasm, LOWERED_PAGES))
const options = { variant, module, initialPages: LOWERED_PAGES, runtime: guestRuntime, now: () => performance.now() }
const snapshot = await new Engine(options).snapshot(MEMORY_BYTES, STACK_BYTES)
const file = formatSnapshot(snapshot, { source: guestRuntime.source, wasm })
await writeFile(new URL(`../dist/${SNAPSHOT_FILE}`, import.meta.url), file)
console.log(`snapshot of a booted guest: ${file.length} bytes`)
