import { LLMock } from '@copilotkit/aimock'

/** The action of a scripted model in one turn. */
export type ModelTurn =
  | { readonly program: string }
  | { readonly call: string; readonly input: object }
  | { readonly text: string }

/** The action of a scripted model in one turn, or a function that chooses it for the request. */
export type ScriptedTurn = ModelTurn | ((request: string) => ModelTurn)

/** A language model that follows a script and records its requests. */
export class ScriptedModel {
  readonly #turns: ScriptedTurn[]
  /** Requests as JSON, including tools and messages. */
  readonly requests: string[] = []

  constructor(turns: readonly ScriptedTurn[]) {
    this.#turns = [...turns]
  }

  /** Returns the answer to a request. */
  answer(request: unknown): ModelTurn {
    const text = JSON.stringify(request)
    this.requests.push(text)
    const turn = this.#turns.shift()
    if (turn === undefined) throw new Error('The script has no turn left for this request')
    return typeof turn === 'function' ? turn(text) : turn
  }
}

/** Returns the tool call of a turn, if any. */
export function callOf(turn: ModelTurn): { readonly name: string; readonly input: object } | undefined {
  if ('program' in turn) return { name: 'run_program', input: { code: turn.program } }
  return 'call' in turn ? { name: turn.call, input: turn.input } : undefined
}

/** Serves the model on loopback with the protocols of OpenAI (at `/v1`) and Anthropic. */
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
