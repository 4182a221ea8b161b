/** What sandbox adapters share on Node. Embedders need nothing of it. */
export { entryFile } from './entry-file.ts'
export { ProgramReader } from './program-reader.ts'
