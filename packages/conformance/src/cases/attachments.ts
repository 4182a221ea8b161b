import assert from 'node:assert/strict'
import { Attachment } from '@glovebox/core'
import { failed, returned } from '../assert.ts'
import type { ConformanceCase } from '../case.ts'

const PNG = new Uint8Array([0x89, 0x50, 0x4e, 0x47])
const image = () => new Attachment(PNG, { type: 'image', mimeType: 'image/png' })
const shoot = () => image()

export const attachments: readonly ConformanceCase[] = [
  {
    id: 'attachments.handle',
    protects: 'a program receives an attachment without its bytes, and reads them when it asks for them',
    run: async ({ run }) => {
      const code = `const shot = await tools.shoot()
        const { handle, ...rest } = shot
        return [typeof handle, rest, Object.keys(shot), await shot.bytes()]`
      returned(await run(code, { tools: { shoot } }), [
        'string',
        { type: 'image', mimeType: 'image/png', size: 4 },
        ['type', 'mimeType', 'size', 'handle'],
        PNG,
      ])
    },
  },
  {
    id: 'attachments.returned',
    protects: 'an attachment that a program returns, or passes to a tool, has its bytes there',
    run: async ({ run }) => {
      let passed: unknown
      const tools = {
        shoot: () => ({ shots: [image(), image()] }),
        keep: (input: unknown) => {
          passed = input
        },
      }
      const code = `const { shots } = await tools.shoot()
        await tools.keep({ shot: shots[0] })
        return new Map([['all', shots]])`
      const whole = { type: 'image', mimeType: 'image/png', bytes: PNG }
      returned(await run(code, { tools }), new Map([['all', [whole, whole]]]))
      assert.deepEqual(passed, { shot: whole })
    },
  },
  {
    id: 'attachments.collections',
    protects: 'an attachment in a Map or a Set of a tool can be read too',
    run: async ({ run }) => {
      const tools = {
        shoot: () =>
          new Map<unknown, unknown>([
            ['one', image()],
            ['set', new Set([image()])],
          ]),
      }
      const code = `const shots = await tools.shoot()
        const [inSet] = shots.get('set')
        return [(await shots.get('one').bytes()).length, (await inSet.bytes()).length]`
      returned(await run(code, { tools }), [4, 4])
    },
  },
  {
    id: 'attachments.tampered',
    protects: 'an attachment can be read in a program that replaced what `instanceof` looks up',
    run: async ({ run }) => {
      const code = `for (const C of [Map, Set]) Object.defineProperty(C, Symbol.hasInstance, { value: () => true })
        return (await (await tools.shoot()).bytes()).length`
      returned(await run(code, { tools: { shoot } }), 4)
    },
  },
  {
    id: 'attachments.concurrent',
    protects: 'the attachments of concurrent calls count together',
    run: async ({ run }) => {
      const tools = {
        shoot: () => new Attachment(new Uint8Array(30_000_000), { type: 'audio', mimeType: 'audio/wav' }),
      }
      const code = `const shots = await Promise.allSettled(Array.from({ length: 4 }, () => tools.shoot()))
        return shots.map(({ status, reason }) => reason?.code ?? status).sort()`
      returned(await run(code, { tools }), [
        'LIMIT_MESSAGE_SIZE',
        'LIMIT_MESSAGE_SIZE',
        'LIMIT_MESSAGE_SIZE',
        'fulfilled',
      ])
    },
  },
  {
    id: 'attachments.size',
    protects: 'an attachment may be larger than a message, and its bytes cross the wall only if they fit',
    run: async ({ run }) => {
      const tools = { shoot: () => new Attachment(new Uint8Array(100_000), { type: 'audio', mimeType: 'audio/wav' }) }
      const options = { tools, limits: { messageBytes: 50_000 } }
      returned(await run('return (await tools.shoot()).size', options), 100_000)
      const refused = failed(await run('await (await tools.shoot()).bytes()', options), 'LIMIT_MESSAGE_SIZE')
      assert.match(refused.message, /The attachment takes more than/)
      const many = 'const shot = await tools.shoot(); await tools.shoot({ shots: Array(1e4).fill(shot) })'
      failed(await run(many, options), 'LIMIT_MESSAGE_SIZE')
    },
  },
  {
    id: 'attachments.forged',
    protects: 'a handle that this program did not receive has no bytes',
    run: async ({ run }) => {
      let passed: unknown
      const tools = {
        shoot,
        keep: (input: unknown) => {
          passed = input
        },
      }
      const code = `const shot = await tools.shoot()
        const forged = { ...shot, handle: shot.handle + '0' }
        await tools.keep(forged)
        shot.handle = 'another'
        return [typeof forged.bytes, (await shot.bytes()).length]`
      returned(await run(code, { tools }), ['undefined', 4])
      assert.equal((passed as { bytes?: unknown }).bytes, undefined)
    },
  },
]
