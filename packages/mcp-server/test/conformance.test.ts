import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { createServer, request } from 'node:http'
import { createRequire } from 'node:module'
import type { AddressInfo } from 'node:net'
import { dirname, join } from 'node:path'
import { pipeline } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { createCodeMode } from '@glovebox/core'
import { mcp } from '@glovebox/mcp'
import { quickjs } from '@glovebox/quickjs'
import { afterAll, describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { clientCallbacks, listenHttp, serveMcp } from '../src/index.ts'

const MAX_WAIT_MS = 300_000
const TOKEN = 'token-of-the-suite-0123456789'
const suite = dirname(createRequire(import.meta.url).resolve('@modelcontextprotocol/conformance/package.json'))
const fixture = fileURLToPath(new URL('conformance/fixture-server.mjs', import.meta.url))
const { server: expected } = parse(
  readFileSync(new URL('conformance/expected-failures.yaml', import.meta.url), 'utf8'),
) as { readonly server: readonly string[] }
const sandbox = quickjs()
afterAll(() => sandbox.close())

/** Puts the gateway in front of the fixture server, and a proxy in front of the gateway that adds the token. */
async function openGateway(...args: string[]) {
  const provider = await mcp({
    name: 'fixture',
    command: process.execPath,
    args: [fixture, ...args],
    ...clientCallbacks,
  })
  const codeMode = await createCodeMode({ sandbox, tools: [provider] })
  const service = serveMcp(codeMode, { servers: [provider], passTools: ['fixture.*'] })
  const http = await listenHttp(service, { tokens: { suite: TOKEN } })
  const proxy = createServer((incoming, outgoing) => {
    const { method, headers, url } = incoming
    const forwarded = request(new URL(url ?? '/', http.url), {
      method,
      headers: { ...headers, authorization: `Bearer ${TOKEN}` },
    })
    forwarded.on('response', (response) => {
      outgoing.writeHead(response.statusCode ?? 500, response.headers)
      pipeline(response, outgoing, () => {})
    })
    pipeline(incoming, forwarded, () => {})
    outgoing.on('close', () => forwarded.destroy())
  })
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}/mcp`,
    protocol: provider.status().protocol,
    async [Symbol.asyncDispose]() {
      proxy.closeAllConnections()
      proxy.close()
      await http.close()
      await service.close()
      await codeMode.close()
      await provider.close()
    },
  }
}

/** Runs scenarios of the suite. Resolves to the output, whether they pass or not. */
async function run(url: string, ...options: string[]): Promise<string> {
  const args = [join(suite, 'dist/index.js'), 'server', '--url', url, ...options]
  return await new Promise((resolve) => {
    const settings = { timeout: MAX_WAIT_MS, maxBuffer: 64 * 1024 * 1024 }
    execFile(process.execPath, args, settings, (_, stdout, stderr) => resolve(stdout + stderr))
  })
}

const marked = (output: string, mark: '✓' | '✗'): string[] =>
  [...output.matchAll(new RegExp(`^${mark} (\\S+): \\d+ passed`, 'gm'))].map(([, name = '']) => name)

/** Returns the scenarios that a revision of the protocol requires of servers. */
function requiredBy(revision: string): string[] {
  const text = readFileSync(join(suite, `requirements/${revision}.yaml`), 'utf8')
  const { server } = parse(text) as { readonly server: readonly (string | { readonly scenario: string })[] }
  return server.map((entry) => (typeof entry === 'string' ? entry : entry.scenario))
}

describe.each([
  ['2025-11-25', 30, [], '2026-07-28'],
  ['2025-11-25', 30, ['first'], '2025-11-25'],
  ['2026-07-28', 37, [], '2026-07-28'],
] as const)(
  'the conformance suite for servers, revision %s, %i required scenarios,',
  (revision, count, args, protocol) => {
    it(`passes through the gateway, whose server speaks ${protocol}`, async () => {
      await using gateway = await openGateway(...args)
      expect(gateway.protocol).toBe(protocol)
      const required = requiredBy(revision)
      expect(required).toHaveLength(count)
      expect(required.filter((scenario) => expected.includes(scenario))).toEqual([])
      const output = await run(gateway.url, '--requirements', revision)
      const passed = new Set(marked(output, '✓'))
      const failed = marked(output, '✗')
      expect([...passed, ...failed]).toEqual(expect.arrayContaining(required))
      // A scenario may need more time on a busy machine.
      const alone: [string, string][] = []
      for (const scenario of failed.filter((each) => !expected.includes(each))) {
        const again = await run(gateway.url, '--scenario', scenario, '--spec-version', revision, '--verbose')
        if (!/, 0 failed/.test(again)) alone.push([scenario, again])
      }
      expect(alone).toEqual([])
      expect(expected.filter((scenario) => passed.has(scenario))).toEqual([])
    })
  },
)
