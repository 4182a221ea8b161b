/** Runs programs in typical shapes of models and compares values and logs with those of plain Node. */
import { readFileSync } from 'node:fs'
import { BACKENDS } from '@glovebox/backends'
import { type CodeMode, createCodeMode, type ExecuteResult, type Sandbox } from '@glovebox/core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { freshState, modelTools } from './support/model-tools.ts'

interface ModelProgram {
  readonly id: string
  /** The aspect of the program that is typical of models. */
  readonly shape: string
  readonly code: string
  /** The expected value as JSON, error code, name of the thrown error, or success. */
  readonly want: { readonly json?: string; readonly error?: string; readonly throws?: string; readonly ok?: true }
  readonly logs?: string
}

const programs: readonly ModelProgram[] = JSON.parse(
  readFileSync(new URL('./data/model-programs.json', import.meta.url), 'utf8'),
)

const NO_NETWORK = 'network APIs are not provided'
const NO_COLLECTION = 'garbage collection is not observable'

/** Programs that behave differently from plain Node, with the reason. An entry without a difference fails the test. */
const DIFFERENT: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  every: {
    atomics: 'memory is not shared',
    finalization: NO_COLLECTION,
    temporal: 'it is not part of ECMAScript 2025',
    weakref: NO_COLLECTION,
    'crypto-hash-global': 'it is a global, but in Node only a module export',
    headers: NO_NETWORK,
    'http-request': NO_NETWORK,
    'process-env': 'the environment is empty and does not throw, as guards expect',
    'console-inspect-class': 'a promise is shown as pending, because its state cannot be read',
    formdata: NO_NETWORK,
    msgchannel: NO_NETWORK,
    navigator: NO_NETWORK,
    streams: NO_NETWORK,
    'text-decoder-sjis': 'legacy multi-byte encodings are not provided',
    'busy-wait': 'the clock does not advance within a turn',
    'tools-assign': 'the tools of a namespace cannot be replaced',
    'tools-log': 'the tool stub has another name',
    'ts-accessor': 'decorators and accessors are not lowered',
  },
  quickjs: {
    'for-await-break-finally': 'the engine does not close the iterator',
    'long-recursion': 'the engine has a smaller stack',
    math: 'the engine computes powers differently',
    'spread-string-object': 'the engine spreads only the first character',
  },
  'isolated-vm': {},
  workerd: {},
}

describe.each(Object.entries(BACKENDS))('model programs on %s', (backend, create) => {
  let sandbox: Sandbox
  let codeMode: CodeMode
  beforeAll(async () => {
    sandbox = create()
    codeMode = await createCodeMode({
      sandbox,
      tools: modelTools,
      limits: { wallTimeMs: 60_000, cpuTimeMs: 2_000 },
    })
  })
  afterAll(async () => {
    await codeMode?.close()
    await sandbox?.close()
  })

  it.each(programs.map((program) => [`${program.shape}: ${program.id}`, program] as const))(
    '%s',
    async (_, program) => {
      const difference = whatDiffers(program, await codeMode.execute(program.code, { context: freshState() }))
      const reason = DIFFERENT.every?.[program.id] ?? DIFFERENT[backend]?.[program.id]
      if (reason === undefined) expect(difference).toBeUndefined()
      else
        expect(
          difference,
          `the program behaves like in Node, but is listed as different (${reason}): remove it from the list`,
        ).toBeDefined()
    },
  )
})

it('the list of differences refers only to existing programs', () => {
  const ids = new Set(programs.map(({ id }) => id))
  expect(Object.values(DIFFERENT).flatMap((listed) => Object.keys(listed).filter((id) => !ids.has(id)))).toEqual([])
})

function whatDiffers({ want, logs }: ModelProgram, result: ExecuteResult): string | undefined {
  const told = result.logs.map(({ text }) => text).join('\n')
  if (want.error !== undefined || want.throws !== undefined) {
    if (result.ok) return `returned ${json(result.value)}`
    const { code, name, message } = result.error
    return (want.error ?? code) === code && (want.throws ?? name) === name ? undefined : `${code}: ${name}: ${message}`
  }
  if (!result.ok) return `${result.error.code}: ${result.error.name}: ${result.error.message}`
  if (want.json !== undefined && json(result.value) !== want.json) return `value ${json(result.value)}`
  return logs === undefined || logs === told ? undefined : `log ${JSON.stringify(told)}`
}

/** Serializes a value in the format of the expected values. */
const json = (value: unknown): string => JSON.stringify(value, replacer) ?? 'undefined'

function replacer(_key: string, value: unknown): unknown {
  if (typeof value === 'bigint') return `${value}n`
  if (value instanceof Map) return ['Map', ...value]
  if (value instanceof Set) return ['Set', ...value]
  if (value instanceof RegExp) return String(value)
  if (Object.is(value, -0)) return '-0'
  return typeof value === 'number' && !Number.isFinite(value) ? String(value) : value
}
