import { LLMock } from '@copilotkit/aimock'

/** What a scripted model does in one turn. */
export type ModelTurn =
  | { readonly program: string }
  | { readonly call: string; readonly input: object }
  | { readonly text: string }

/** A language model that says what it is told to, and remembers what it was asked. */
export class ScriptedModel {
  readonly #turns: ModelTurn[]
  /** Each request as JSON, tools and messages included. */
  readonly requests: string[] = []

  constructor(turns: readonly ModelTurn[]) {
    this.#turns = [...turns]
  }

  /** The answer to a request. */
  answer(request: unknown): ModelTurn {
    this.requests.push(JSON.stringify(request))
    const turn = this.#turns.shift()
    if (turn === undefined) throw new Error('The model was asked once more than it has an answer for')
    return turn
  }
}

/** What a turn calls, if it calls a tool. */
export function callOf(turn: ModelTurn): { readonly name: string; readonly input: object } | undefined {
  if ('program' in turn) return { name: 'run_program', input: { code: turn.program } }
  return 'call' in turn ? { name: turn.call, input: turn.input } : undefined
}

/** Serves the model on loopback, in the protocols of OpenAI (at `/v1`) and Anthropic. */
export async function serveModel(model: ScriptedModel): Promise<AsyncDisposable & { readonly url: string }> {
  const server = new LLMock({ port: 0, host: '127.0.0.1', logLevel: 'silent' })
  server.on({}, (request) => {
    const turn = model.answer(request)
    const call = callOf(turn)
    if (call === undefined) return { content: 'text' in turn ? turn.text : '' }
    return { toolCalls: [{ name: call.name, arguments: JSON.stringify(call.input) }] }
  })
  const url = await server.start()
  return { url, [Symbol.asyncDispose]: () => server.stop() }
}
