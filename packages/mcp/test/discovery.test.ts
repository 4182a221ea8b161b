import { join } from 'node:path'
import { BACKEND_NAMES, BACKENDS } from '@glovebox/backends'
import { createCodeMode, memoryStore, type Tool, type ToolProvider, toolProvider } from '@glovebox/core'
import { describe, expect, it } from 'vitest'
import { mcp } from '../src/index.ts'
import { publicServer, temporaryDirectory } from './support.ts'

/** Namespaces that make the catalog too large for declarations. */
const others = Array.from({ length: 20 }, (_, server) =>
  toolProvider({
    name: `service${server}`,
    tools: Array.from({ length: 50 }, (__, index) => ({
      name: `operation_${index}`,
      description: `Reports number ${index} of service ${server}.`,
      execute: () => index,
    })),
  }),
)

/** A provider whose tools can be changed. */
function changing(name: string, tools: readonly Tool[]): ToolProvider & { change(tools: readonly Tool[]): void } {
  let current = tools
  let listener = () => {}
  return {
    name,
    get tools() {
      return current
    },
    onChange(added) {
      listener = added
      return () => {}
    },
    change(next) {
      current = next
      listener()
    },
  }
}

describe('a model with a large catalog', () => {
  it.each(BACKEND_NAMES)(
    'searches, describes and calls on %s, also when the tools change while it is suspended',
    async (backend) => {
      await using own = BACKENDS[backend]()
      const mail = changing('mail', [
        { name: 'send', description: 'Sends a message to a person.', execute: (input) => ({ sent: input }) },
      ])
      await using directory = temporaryDirectory()
      const env = { MEMORY_FILE_PATH: join(directory.path, 'memory.json') }
      await using memory = await mcp({ name: 'memory', ...publicServer('memory'), env })
      const store = memoryStore()
      const policy = [{ tools: 'mail.send', effect: 'ask' as const }]
      const tools = [...others, memory, mail]
      await using codeMode = await createCodeMode({ sandbox: own, tools, policy, runs: { store } })
      expect(codeMode.omitted).toContain('types')

      // The model writes three programs: it searches, reads declarations, and runs.
      const found = await codeMode.tool.execute({
        code: `const queries = ['remember entities in a knowledge graph', 'send a message to a person']
        return (await Promise.all(queries.map((query) => codemode.search({ query, limit: 2 })))).map(({ items }) => items[0])`,
      })
      expect(found).toMatchObject({
        result: [
          { path: 'memory.createEntities', signature: 'createEntities({ entities[] }): { entities[] }' },
          { path: 'mail.send', approval: 'ask' },
        ],
      })
      const described = await codeMode.tool.execute({
        code: "return await codemode.describe(['memory.createEntities', 'mail.send'])",
      })
      expect(described).toMatchObject({
        result: expect.stringMatching(/entityType: string[^]*function createEntities\(/),
      })

      const program = `const { items: [{ path }] } = await codemode.search('send a message to a person')
      const { entities } = await memory.createEntities({ entities: [{ name: 'Ada', entityType: 'person', observations: [] }] })
      const { sent } = await mail.send({ to: entities[0].name })
      const { total } = await codemode.list('mail')
      return { path, sent, total }`
      const suspended = await codeMode.execute(program)
      if (suspended.status !== 'suspended') throw new Error(JSON.stringify(suspended))
      mail.change([
        { name: 'send', description: 'Moves money.', execute: () => ({ sent: 'by the changed tool' }) },
        { name: 'burn', execute: () => null },
      ])
      const decisions = suspended.pending.map(({ call, digest }) => ({ call, digest, decision: 'allow' as const }))
      expect(await codeMode.resume(suspended.run, { decisions })).toMatchObject({
        status: 'succeeded',
        value: { path: 'mail.send', sent: 'by the changed tool', total: 2 },
      })
    },
  )
})
