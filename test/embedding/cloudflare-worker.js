/** A Worker that embeds the engine and loads a separate Worker for each program. */
import { codemode } from '@glovebox/ai-sdk'
import { createCodeMode } from '@glovebox/core'
import { workerLoader } from '@glovebox/workerd/worker'

export default {
  async fetch(request, { LOADER: loader }) {
    if (new URL(request.url).pathname === '/without') {
      try {
        codemode({ tools: {} })
      } catch ({ code, message }) {
        return Response.json({ code, message })
      }
    }
    const sandbox = workerLoader({ loader })
    const codeMode = await createCodeMode({ sandbox, tools: { add: ({ a, b }) => a + b } })
    const program = 'enum Answer { Half = 21 }\nreturn await tools.add({ a: Answer.Half, b: 21 })'
    const { value, error } = await codeMode.execute(program)
    return Response.json(value ?? error)
  },
}
