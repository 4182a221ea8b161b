import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { quickjs } from '@glovebox/quickjs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { runScenario } from './conformance/scenario.ts'
import { MAX_WAIT_MS, temporaryDirectory } from './support.ts'

const suite = dirname(createRequire(import.meta.url).resolve('@modelcontextprotocol/conformance/package.json'))
const forward = fileURLToPath(new URL('conformance/forward.mjs', import.meta.url))
const expectedFailures = new URL('conformance/expected-failures.yaml', import.meta.url)
const directory = temporaryDirectory()
const socket = join(directory.path, 'client.sock')
const sandbox = quickjs()
const server = createServer(async (request, response) => {
  try {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk)
    await runScenario(JSON.parse(Buffer.concat(chunks).toString()), sandbox)
    response.end()
  } catch (error) {
    response.writeHead(500).end(String(error))
  }
})

beforeAll(() => new Promise<void>((resolve) => server.listen(socket, resolve)))
afterAll(async () => {
  server.close()
  await sandbox.close()
  await directory[Symbol.asyncDispose]()
})

/** Runs scenarios of the suite. Resolves to the output, whether they pass or not. */
async function run(...options: string[]): Promise<string> {
  const command = `${process.execPath} ${forward} ${socket}`
  const args = [join(suite, 'dist/index.js'), 'client', '--command', command, ...options]
  return await new Promise((resolve) => {
    const settings = { timeout: MAX_WAIT_MS, maxBuffer: 64 * 1024 * 1024 }
    execFile(process.execPath, args, settings, (_, stdout, stderr) => resolve(stdout + stderr))
  })
}

/** Scenarios in an output with the given mark. */
const marked = (output: string, mark: '✓' | '✗'): string[] =>
  [...output.matchAll(new RegExp(`^${mark} (\\S+): \\d+ passed`, 'gm'))].map(([, name = '']) => name)

interface Requirements {
  readonly client: readonly (string | { readonly scenario: string })[]
}

/** Returns the scenarios that a revision of the protocol requires of clients. */
function requiredBy(revision: string): string[] {
  const { client } = parse(readFileSync(join(suite, `requirements/${revision}.yaml`), 'utf8')) as Requirements
  return client.map((entry) => (typeof entry === 'string' ? entry : entry.scenario))
}

describe.each([
  ['2025-11-25', 18],
  ['2026-07-28', 32],
] as const)('the conformance suite for clients, revision %s,', (revision, count) => {
  it('passes all that is required, and the extensions that are not expected to fail', async () => {
    const required = requiredBy(revision)
    expect(required).toHaveLength(count)
    const output = await run('--requirements', revision)
    const passed = new Set(marked(output, '✓'))
    const failed = marked(output, '✗')
    expect([...passed, ...failed]).toEqual(expect.arrayContaining(required))
    const expected = parse(readFileSync(expectedFailures, 'utf8')) as string[]
    expect(required.filter((scenario) => expected.includes(scenario))).toEqual([])
    // All scenarios run at the same time, which is too much for some of them on a busy machine.
    const alone: [string, string][] = []
    for (const scenario of failed.filter((each) => !expected.includes(each))) {
      const again = await run('--scenario', scenario, '--spec-version', revision)
      if (!again.includes('OVERALL: PASSED')) alone.push([scenario, again])
    }
    expect(alone).toEqual([])
    expect(expected.filter((scenario) => passed.has(scenario))).toEqual([])
  })
})
