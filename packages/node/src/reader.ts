/** The thread that programs are read on: a parser that a hostile text stops or breaks is ended with it. */
import { parentPort } from 'node:worker_threads'
import { ProgramSyntaxError, prepareProgram } from '@glovebox/core/program'
import type { FromReader } from './reader-thread.ts'

const port = parentPort as NonNullable<typeof parentPort>

async function read(text: string): Promise<FromReader> {
  try {
    return { program: await prepareProgram(text) }
  } catch (error) {
    if (error instanceof ProgramSyntaxError) return { mistake: error.message, ...error.position }
    // A parser that broke may not be used again: what it throws ends the thread.
    throw error
  }
}

port.on('message', async (text: string) => port.postMessage(await read(text)))
