import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { quickjs } from '@glovebox/quickjs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { runScenario } from './conformance/scenario.ts'
import { MAX_WAIT_MS, temporaryDirectory } from './support.ts'

const suite = dirname(createRequire(import.meta.url).resolve('@modelcontextprotocol/conformance/package.json'))
const forward = fileURLToPath(new URL('conformance/forward.mjs', import.meta.url))
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

/** Runs one scenario of the suite. Rejects with what it printed if it fails. */
async function run(scenario: string, revision: string | undefined): Promise<void> {
  const command = `${process.execPath} ${forward} ${socket}`
  const args = [join(suite, 'dist/index.js'), 'client', '--command', command, '--scenario', scenario]
  if (revision !== undefined) args.push('--spec-version', revision)
  await promisify(execFile)(process.execPath, args, { timeout: MAX_WAIT_MS })
}

interface Requirements {
  readonly client: readonly (string | { readonly scenario: string })[]
}

/** Scenarios that a revision of the protocol requires of clients. */
function requiredBy(revision: string): string[] {
  const { client } = parse(readFileSync(join(suite, `requirements/${revision}.yaml`), 'utf8')) as Requirements
  return client.map((entry) => (typeof entry === 'string' ? entry : entry.scenario))
}

describe.each(['2025-11-25', '2026-07-28'])('the conformance suite for clients, revision %s,', (revision) => {
  it.each(requiredBy(revision))('passes %s', async (scenario) => {
    await expect(run(scenario, revision)).resolves.toBeUndefined()
  })
})

describe.runIf(process.env.MCP_CONFORMANCE === 'all')(
  'the conformance suite for clients, beyond what is required,',
  () => {
    const expected = parse(
      readFileSync(new URL('conformance/expected-failures.yaml', import.meta.url), 'utf8'),
    ) as string[]
    const further = [
      ['auth/2025-03-26-oauth-metadata-backcompat', '2025-03-26'],
      ['auth/2025-03-26-oauth-endpoint-fallback', '2025-03-26'],
      ['json-schema-2020-12-preservation', '2025-11-25'],
      ['json-schema-2020-12-preservation', '2026-07-28'],
      ...['client-credentials-jwt', 'client-credentials-basic', 'enterprise-managed-authorization'].map(
        (name) => [`auth/${name}`, undefined] as const,
      ),
      ...['dpop', 'dpop-nonce', 'wif-jwt-bearer'].map((name) => [`auth/${name}`, undefined] as const),
    ] as const

    it.each(further)('passes %s, unless that is expected to fail', async (scenario, revision) => {
      if (expected.includes(scenario)) await expect(run(scenario, revision)).rejects.toThrow()
      else await expect(run(scenario, revision)).resolves.toBeUndefined()
    })
  },
)
