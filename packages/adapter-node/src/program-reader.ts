import {
  type CheckTask,
  type PreparedProgram,
  type ProgramReader,
  type ReaderTask,
  SandboxError,
} from '@glovebox/core/adapter'
import { ProgramSyntaxError } from '@glovebox/core/program'
import type { JsonSchema } from '@glovebox/core/schema'
import { ReaderPool } from './reader-pool.ts'

/** The pool of this host process. Created for the first sandbox. */
let pool: ReaderPool | undefined
let users = 0

/**
 * Creates a reader for one sandbox. All readers of a host process share a few child processes. These start with the
 * first text that needs one, do not keep the host process alive, and end with the last reader.
 */
export function createProgramReader(): ProgramReader {
  return new SharedReader()
}

class SharedReader implements ProgramReader {
  readonly #pool: ReaderPool
  #closing: Promise<void> | undefined

  constructor() {
    pool ??= new ReaderPool()
    this.#pool = pool
    users++
  }

  async read(text: string, { signal, limitMs }: ReaderTask): Promise<PreparedProgram> {
    const answer = await this.#pool.run({ kind: 'read', text }, signal, limitMs)
    if ('program' in answer) return answer.program
    if ('mistake' in answer) throw new ProgramSyntaxError(answer.mistake, answer)
    throw new SandboxError('PROTOCOL_VIOLATION', 'The program reader returned an answer of the wrong kind')
  }

  async check(schema: JsonSchema, payload: string, { signal, limitMs, side }: CheckTask): Promise<readonly string[]> {
    const text = textOf(schema)
    if (text === undefined) return ['the schema of this tool cannot be checked: it is cyclic or nested too deeply']
    const answer = await this.#pool.run({ kind: 'check', schema: text, payload, side }, signal, limitMs)
    if ('problems' in answer) return answer.problems
    if ('failure' in answer) return [answer.failure]
    throw new SandboxError('PROTOCOL_VIOLATION', 'The program reader returned an answer of the wrong kind')
  }

  close(): Promise<void> {
    this.#closing ??= --users === 0 ? this.#pool.close() : Promise.resolve()
    return this.#closing
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }
}

const texts = new WeakMap<object, string>()

/** Returns a schema as JSON, cached per schema object, or undefined if it cannot be serialized. */
function textOf(schema: JsonSchema): string | undefined {
  if (typeof schema === 'boolean') return String(schema)
  let text = texts.get(schema)
  if (text !== undefined) return text
  try {
    text = JSON.stringify(schema)
  } catch (error) {
    if (error instanceof RangeError || error instanceof TypeError) return undefined
    throw error
  }
  texts.set(schema, text)
  return text
}
