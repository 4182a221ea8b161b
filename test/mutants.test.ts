import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
// @ts-expect-error: a script, without types
import { MUTANTS, mutate } from '../scripts/mutants.mjs'
import { readText, root } from './repository.ts'

interface Mutant {
  readonly breaks: string
  readonly file: string
  readonly from: string
  readonly to: string
  readonly tests: readonly string[]
}

it('every mutant applies to the current code and names an existing test file', () => {
  const mutants = MUTANTS as readonly Mutant[]
  expect(mutants.length).toBeGreaterThanOrEqual(20)
  for (const { breaks, file, from, to, tests } of mutants) {
    const text = readText(file)
    expect(mutate(text, from, to), breaks).not.toBe(text)
    expect(existsSync(join(root, tests[0] as string)), breaks).toBe(true)
  }
})
