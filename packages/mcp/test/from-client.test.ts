import { createCodeMode } from '@glovebox/core'
import { fromClient } from '@glovebox/mcp'
import { quickjs } from '@glovebox/quickjs'
import { Client as Client2 } from '@modelcontextprotocol/client'
import { StdioClientTransport as Stdio2 } from '@modelcontextprotocol/client/stdio'
import { Client as Client1 } from '@modelcontextprotocol/sdk/client/index.js'
import { StdioClientTransport as Stdio1 } from '@modelcontextprotocol/sdk/client/stdio.js'
import { describe, expect, it } from 'vitest'
import {
  eventually,
  expectGone,
  fixture,
  publicServer,
  runForValue,
  runProgram,
  temporaryDirectory,
} from './support.ts'

interface Parameters {
  readonly command: string
  readonly args: string[]
}

const info = { name: 'host', version: '1.0.0' }
const versions = {
  async v1({ command, args }: Parameters) {
    const client = new Client1(info)
    await client.connect(new Stdio1({ command, args, stderr: 'ignore' }))
    return client
  },
  async v2({ command, args }: Parameters) {
    const client = new Client2(info)
    await client.connect(new Stdio2({ command, args, stderr: 'ignore' }))
    return client
  },
}

describe.each(['v1', 'v2'] as const)('a client provided by the host, %s,', (version) => {
  it('provides its tools, and stays open for the host', async () => {
    const client = await versions[version](publicServer('everything'))
    try {
      const provider = await fromClient(client, { name: 'everything' })
      expect(await runForValue(provider, `return await everything.echo({ message: 'hi' })`)).toBe('Echo: hi')
      expect(provider).not.toHaveProperty('close')
      expect(await client.ping()).toEqual({})
    } finally {
      await client.close()
    }
  })

  it('lists all pages of tools', async () => {
    await using directory = temporaryDirectory()
    const client = await versions[version](fixture(directory.path))
    try {
      const { tools } = await fromClient(client, { name: 'fixture' })
      expect(tools.map(({ name }) => name)).toEqual(['result', 'counted', 'wait', 'die', 'environment', 'last_of_all'])
    } finally {
      await client.close()
    }
  })

  it('has no tools if the server offers none', async () => {
    await using directory = temporaryDirectory()
    const client = await versions[version](fixture(directory.path, 'toolless'))
    try {
      expect((await fromClient(client, { name: 'fixture' })).tools).toEqual([])
    } finally {
      await client.close()
    }
  })

  it('passes on results that do not match the output schema, with a warning', async () => {
    await using directory = temporaryDirectory()
    const client = await versions[version](fixture(directory.path))
    try {
      const provider = await fromClient(client, { name: 'fixture' })
      const result = await runProgram(
        provider,
        `return await fixture.counted({ result: { content: [], structuredContent: { count: 'two' } } })`,
      )
      expect(result).toMatchObject({ ok: true, value: { count: 'two' } })
      expect(result.calls[0]?.warning).toContain('count: must be')
    } finally {
      await client.close()
    }
  })

  it('notifies the server of a call that the execution’s signal cancels', async () => {
    await using directory = temporaryDirectory()
    const server = fixture(directory.path)
    const client = await versions[version](server)
    try {
      await using sandbox = quickjs()
      await using codeMode = await createCodeMode({ sandbox, tools: await fromClient(client, { name: 'fixture' }) })
      const controller = new AbortController()
      const reason = new Error('enough')
      const settled = expect(codeMode.execute('await fixture.wait({})', { signal: controller.signal })).rejects.toBe(
        reason,
      )
      await eventually(() => expect(server.notes('called')).toHaveLength(1))
      controller.abort(reason)
      await settled
      await eventually(() => {
        const [cancelled] = server.notes('notifications/cancelled')
        expect(cancelled?.params?.requestId).toBe(server.notes('called')[0]?.id)
      })
    } finally {
      await client.close()
    }
    await expectGone(server)
  })

  it('stops listing when its signal aborts', async () => {
    await using directory = temporaryDirectory()
    const client = await versions[version](fixture(directory.path))
    try {
      await expect(fromClient(client, { name: 'fixture', signal: AbortSignal.abort(new Error('no')) })).rejects.toThrow(
        'no',
      )
    } finally {
      await client.close()
    }
  })

  it('fails calls with the name of the server once it is closed', async () => {
    await using directory = temporaryDirectory()
    const client = await versions[version](fixture(directory.path))
    const provider = await fromClient(client, { name: 'fixture' })
    await client.close()
    expect(await runProgram(provider, 'await fixture.lastOfAll({})')).toMatchObject({
      ok: false,
      error: {
        code: 'TOOL_FAILED',
        message: expect.stringContaining('The connection to the MCP server fixture has ended'),
      },
    })
  })
})
