/** Provides the model of the examples: that of a provider if its key is set, or a scripted model on loopback. */
import { LLMock } from '@copilotkit/aimock'
import { PROGRAM } from './shop.ts'

export interface Model extends AsyncDisposable {
  /** Base URL for the client of the provider. */
  readonly baseURL: string
  readonly apiKey: string
  readonly name: string
}

const PROVIDERS = {
  openai: { key: 'OPENAI_API_KEY', baseURL: 'https://api.openai.com/v1', name: 'gpt-5.2', path: '/v1' },
  anthropic: { key: 'ANTHROPIC_API_KEY', baseURL: 'https://api.anthropic.com', name: 'claude-opus-5', path: '' },
}

export async function findModel(provider: keyof typeof PROVIDERS): Promise<Model> {
  const { key, baseURL, name, path } = PROVIDERS[provider]
  const apiKey = process.env[key]
  if (apiKey !== undefined && apiKey !== '') {
    return { baseURL, apiKey, name, [Symbol.asyncDispose]: async () => {} }
  }
  console.log(`(${key} is not set: using a scripted model)\n`)
  const server = new LLMock({ port: 0, host: '127.0.0.1', logLevel: 'silent' })
  server.on({}, ({ messages }) => {
    const last = messages.at(-1)
    if (last?.role === 'tool') return { content: answerFrom(String(last.content)) }
    return { toolCalls: [{ name: 'run_program', arguments: JSON.stringify({ code: PROGRAM }) }] }
  })
  const url = await server.start()
  return { baseURL: `${url}${path}`, apiKey: 'none', name, [Symbol.asyncDispose]: () => server.stop() }
}

/** Returns the answer of the scripted model to the result of its program. */
function answerFrom(output: string): string {
  const { result, error } = JSON.parse(output) as { result?: [{ item: string; worth: number }]; error?: string }
  const [most] = result ?? []
  return most === undefined ? `It failed: ${error}` : `The ${most.item}: all of it is worth ${most.worth.toFixed(2)}.`
}
