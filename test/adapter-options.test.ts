import { isolatedVm } from '@glovebox/isolated-vm'
import { fromClient, mcp } from '@glovebox/mcp'
import { openTelemetry } from '@glovebox/opentelemetry'
import { quickjs } from '@glovebox/quickjs'
import { workerd } from '@glovebox/workerd'
import { remote } from '@glovebox/workerd/remote'
import { describe, expect, it } from 'vitest'

type Create = (options: { readonly [name: string]: unknown }) => unknown

/** Numeric options of each adapter. `workerLoader` needs a binding and has a separate test. */
const ADAPTERS: readonly (readonly [name: string, create: Create, options: readonly string[]])[] = [
  ['quickjs', (options) => quickjs(options), ['maxThreads', 'guestsPerThread', 'ready']],
  ['isolatedVm', (options) => isolatedVm(options), ['maxProcesses', 'guestsPerProcess', 'ready']],
  ['workerd', (options) => workerd(options), ['maxProcesses', 'guestsPerProcess', 'ready']],
  [
    'remote',
    (options) => remote({ url: 'http://localhost', token: 'a token', ...options }),
    ['maxConnections', 'ready'],
  ],
]
const INVALID: readonly unknown[] = [Number.NaN, Number.POSITIVE_INFINITY, '4', 1.5, -1]

describe.each(ADAPTERS)('%s', (_, create, options) => {
  it.each(options)('rejects an invalid value of `%s`', (option) => {
    for (const value of INVALID) {
      expect(() => create({ [option]: value }), String(value)).toThrow(
        new TypeError(`\`${option}\` must be an integer of at least ${option === 'ready' ? 0 : 1}, not ${value}`),
      )
    }
  })
})

it('a misspelled option throws a TypeError that suggests the closest option', () => {
  const created: readonly (readonly [create: () => unknown, message: string])[] = [
    [() => quickjs({ maxThread: 2 } as never), 'quickjs() has no option `maxThread`. Did you mean `maxThreads`?'],
    [() => isolatedVm({ memoryMb: 2 } as never), 'isolatedVm() has no option `memoryMb`.'],
    [() => workerd({ maxProcess: 2 } as never), 'workerd() has no option `maxProcess`. Did you mean `maxProcesses`?'],
    [() => remote({ url: 'http://localhost', token: 'a', tokens: 1 } as never), 'remote() has no option `tokens`.'],
  ]
  for (const [create, message] of created) expect(create).toThrow(new RegExp(`^${message.replace(/[()?.]/g, '\\$&')}`))
})

it('a misspelled option of an integration throws a TypeError that suggests the closest option', async () => {
  const client = { getServerCapabilities: () => undefined, listTools: () => ({ tools: [] }) }
  const created: readonly (readonly [create: () => unknown, message: string])[] = [
    [() => mcp({ name: 'a', command: 'true', arg: [] } as never), 'Did you mean `args`?'],
    [() => mcp({ name: 'a', url: 'http://localhost', header: {} } as never), 'Did you mean `headers`?'],
    [() => fromClient(client as never, { name: 'a', signals: 1 } as never), 'Did you mean `signal`?'],
    [async () => openTelemetry({ recordProgram: true } as never), 'Did you mean `recordPrograms`?'],
  ]
  for (const [create, message] of created) await expect(create, message).rejects.toThrow(message)
})
