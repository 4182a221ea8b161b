import { spawnSync } from 'node:child_process'
import { BACKENDS } from '@glovebox/backends'
import { createCodeMode, type Sandbox } from '@glovebox/core'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { evaluating, expression } from './support/expressions.ts'

/** `pnpm proofs` compares 100,000 expressions. `FUZZ_SEED` repeats a run. */
const COUNT = Number(process.env.EXPRESSIONS ?? 1_500)
const SEED = Number(process.env.FUZZ_SEED ?? Date.now() % 2 ** 31)
const PER_PROGRAM = 250
const MAX_WAIT_MS = 24 * 60 * 60 * 1_000

console.log(`differential: FUZZ_SEED=${SEED} EXPRESSIONS=${COUNT}`)

/** Evaluates expressions in Node, whose ICU also serves guests on QuickJS. */
function evaluateInNode(expressions: readonly string[]): string[] {
  const { stdout, stderr } = spawnSync(process.execPath, ['-'], {
    input: `'use strict'\n${evaluating(expressions)}\nconsole.log(JSON.stringify(shown))`,
    encoding: 'utf8',
    env: { TZ: 'UTC', LC_ALL: 'en_US.UTF-8' },
    maxBuffer: 2 ** 28,
  })
  if (stderr !== '') throw new Error(stderr)
  return JSON.parse(stdout)
}

async function evaluateIn(sandbox: Sandbox, expressions: readonly string[]): Promise<unknown> {
  const codeMode = await createCodeMode({ sandbox, tools: {}, limits: { cpuTimeMs: 60_000, wallTimeMs: 300_000 } })
  const result = await codeMode.execute(`${evaluating(expressions)}\nreturn shown`)
  if (!result.ok) throw new Error(JSON.stringify(result.error))
  return result.value
}

/** Returns whether two numbers differ in their last digits only. */
function isNear(left: string, right: string): boolean {
  const [a, b] = [Number(left), Number(right)]
  return Math.abs(a - b) <= Math.abs(a) * 1e-15
}

interface Known {
  readonly expression: RegExp
  readonly why: string
  /** Which differences are allowed. Default: all. */
  readonly when?: (wanted: string, found: string) => boolean
}

const MATHEMATICS: Known = { expression: /\*\* |Math\./, why: 'another mathematical library', when: isNear }

/** Known differences, by backend. */
const KNOWN: Readonly<Record<string, readonly Known[]>> = {
  quickjs: [MATHEMATICS],
  workerd: [
    MATHEMATICS,
    { expression: /Intl\.|toLocale|localeCompare/, why: 'workerd includes another version of ICU' },
  ],
}

const isKnown = (name: string, expression: string, wanted: string, found: string): boolean =>
  KNOWN[name]?.some((known) => known.expression.test(expression) && (known.when?.(wanted, found) ?? true)) ?? false

it.each(Object.entries(BACKENDS))(
  'expressions have the same values on %s as in Node',
  async (name, create) => {
    await using sandbox = create()
    const expressions = fc.sample(expression, { numRuns: COUNT, seed: SEED })
    const differences: string[] = []
    for (let from = 0; from < expressions.length; from += PER_PROGRAM) {
      const part = expressions.slice(from, from + PER_PROGRAM)
      const wanted = evaluateInNode(part)
      const found = (await evaluateIn(sandbox, part)) as string[]
      for (const [index, each] of part.entries()) {
        const [left, right] = [`${wanted[index]}`, `${found[index]}`]
        if (left !== right && !isKnown(name, each, left, right))
          differences.push(`${each}\n  Node: ${left}\n  ${name}: ${right}`)
      }
    }
    expect(differences).toEqual([])
  },
  MAX_WAIT_MS,
)
