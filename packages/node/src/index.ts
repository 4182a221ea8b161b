/** What sandbox adapters share on Node. Embedders need nothing of it. */
export { CarriedAdapter, type CarriedAdapterOptions } from './carried-adapter.ts'
export { describeDeath, residentBytesOf } from './child-process.ts'
export { cpuTimeMsOf } from './cpu-time.ts'
export { entryFile } from './entry-file.ts'
export { PROCESS_GUARANTEES, type ProcessPool, processPool } from './process-pool.ts'
export { createProgramReader } from './program-reader.ts'
export { addressOf, createRequire, resolveInstalled } from './resolve.ts'
export { watchedCommand } from './watched-command.ts'
