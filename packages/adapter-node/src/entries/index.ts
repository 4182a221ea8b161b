/** Shared parts of the sandbox adapters that run on Node. Embedders do not need this package. */

export { cpuTimeMsOf, describeExit, residentBytesOf } from '../child-process.ts'
export { mainThreadTimeMsOf } from '../cpu-time.ts'
export { entryFile } from '../entry-file.ts'
export { guestEnvironment, LOCALE_BUILD } from '../guest-environment.ts'
export { PooledAdapter, type PooledAdapterOptions } from '../pooled-adapter.ts'
export { PROCESS_GUARANTEES, type ProcessPool, processPool } from '../process-pool.ts'
export { createProgramReader } from '../program-reader.ts'
export { addressOf, createRequire, resolveInstalled } from '../resolve.ts'
export { spawnChild } from '../spawn-child.ts'
export { watchStart } from '../start-watch.ts'
export { retryShortage, shortageOf, shortageReason, unavailableBy } from '../system-shortage.ts'
export { spawnWatchedChild } from '../watched-child.ts'
