import { type JSONRPCRequest, type Result, Server, type ServerContext } from '@modelcontextprotocol/server'
import { isTaskResult } from './tasks.ts'

type Handler = (request: JSONRPCRequest, context: ServerContext) => Promise<Result>

/** A server that may answer a call with a task, which the SDK takes for a malformed result of a tool. */
export class GatewayServer extends Server {
  protected override _wrapHandler(method: string, handler: Handler): Handler {
    if (method !== 'tools/call') return super._wrapHandler(method, handler)
    return async (request, context) => {
      let task: Result | undefined
      const checked = super._wrapHandler(method, async (...call) => {
        const result = await handler(...call)
        if (!isTaskResult(result)) return result
        task = result
        return { content: [] }
      })
      const result = await checked(request, context)
      return task ?? result
    }
  }
}
