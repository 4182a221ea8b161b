/** What sandbox adapters share on Node. Embedders need nothing of it. */
export { CarriedAdapter, type CarriedAdapterOptions } from './carried-adapter.ts'
export { describeDeath, residentBytesOf } from './child-process.ts'
export { entryFile } from './entry-file.ts'
export { atLeast } from './options.ts'
export { ProgramReader } from './program-reader.ts'
export { addressOf, resolveInstalled } from './resolve.ts'
