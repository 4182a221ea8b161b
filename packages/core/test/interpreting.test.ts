import { readFile } from 'node:fs/promises'
import { Settings } from 'typebox/system'
import { afterEach, describe, expect, it } from 'vitest'
import { schemaParser } from '../src/validation/schema-validator.ts'

interface Group {
  readonly description: string
  readonly schema: object | boolean
  readonly tests: readonly { readonly data: unknown }[]
}

const DRAFTS = ['draft4', 'draft6', 'draft7', 'draft2019-09', 'draft2020-12']

async function readGroups(draft: string): Promise<Group[]> {
  const file = new URL(`./data/json-schema-test-suite/${draft}.json`, import.meta.url)
  const suite = JSON.parse(await readFile(file, 'utf8')) as Record<string, readonly Group[]>
  return Object.values(suite).flat()
}

/** Returns the verdict on each value of a group. A thrown error is a verdict too. */
async function judge({ schema, tests }: Group): Promise<unknown[]> {
  const attempt = async (check: () => Promise<unknown>) => {
    try {
      return await check()
    } catch (error) {
      return `${error}`
    }
  }
  const verdicts: unknown[] = []
  for (const { data } of tests) {
    verdicts.push(await attempt(() => schemaParser(schema as never, 'output')(data)))
    verdicts.push(await attempt(() => schemaParser(schema as never, 'input')(data)))
  }
  return verdicts
}

/** Platforms without code generation from strings, such as Cloudflare Workers, use the interpreter. */
describe('an interpreting validator', () => {
  afterEach(() => Settings.Set({ useAcceleration: true }))

  it.each(DRAFTS)('reports the same problems as a compiled validator on the test suite of %s', async (draft) => {
    const groups = await readGroups(draft)
    expect(groups.length).toBeGreaterThan(100)
    for (const group of groups) {
      Settings.Set({ useAcceleration: true })
      const compiled = await judge(group)
      Settings.Set({ useAcceleration: false })
      expect({ group: group.description, verdicts: await judge(group) }).toEqual({
        group: group.description,
        verdicts: compiled,
      })
    }
  })
})
