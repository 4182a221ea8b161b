/** Reads programs in a Worker, like a host in a Worker. */
import { ProgramSyntaxError, prepareProgram } from '@glovebox/core/program'

export type Reading = { readonly program: object } | { readonly mistake: string; readonly position: object }

export async function read(text: string): Promise<Reading> {
  try {
    return { program: await prepareProgram(text) }
  } catch (error) {
    if (error instanceof ProgramSyntaxError) return { mistake: error.message, position: error.position }
    throw error
  }
}

export default {
  async fetch(request: Request): Promise<Response> {
    const texts = (await request.json()) as readonly string[]
    const readings: Reading[] = []
    for (const text of texts) readings.push(await read(text))
    return Response.json(readings)
  },
}
