import { styleText } from 'node:util'
import type { Telemetry } from '@glovebox/core'

const dim = (text: string) => console.log(styleText('dim', text))

/** Prints each program and its tool calls. */
export const announce: Telemetry = {
  execution: async ({ code, sandbox }, run) => {
    console.log(styleText('bold', `The model's program, in ${sandbox}:`))
    console.log(`${code.replace(/^/gm, '  ')}\n`)
    const call: Parameters<typeof run>[0]['call'] = ({ id, tool }, perform) => {
      dim(`  → ${id} ${tool}`)
      return perform().finally(() => dim(`  ← ${id} ${tool}`))
    }
    return await run({ call })
  },
}
