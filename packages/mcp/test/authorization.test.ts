import { randomUUID } from 'node:crypto'
import { readFileSync, statSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import { type AddressInfo, connect as connectTo } from 'node:net'
import { join } from 'node:path'
import { inspect } from 'node:util'
import { createCodeMode } from '@glovebox/core'
import {
  fileTokenStore,
  type McpAuthOptions,
  type McpEvent,
  mcp,
  memoryTokenStore,
  type TokenStore,
} from '@glovebox/mcp'
import { quickjs } from '@glovebox/quickjs'
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js'
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js'
import Provider from 'oidc-provider'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { runForValue, runProgram, temporaryDirectory } from './support.ts'

let authorizationServer: Server
let resourceServer: Server
let provider: Provider
let issuer: string
let resource: string
/** Requests to the token endpoint, by their grant. */
let grants: string[]

const listen = (server: Server) =>
  new Promise<string>((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve(`http://127.0.0.1:${(server.address() as AddressInfo).port}`))
  })

beforeAll(async () => {
  authorizationServer = createServer((request, response) => provider.callback()(request, response))
  resourceServer = createServer(async (request, response) => {
    if (request.url === '/.well-known/oauth-protected-resource/mcp') {
      response.writeHead(200, { 'content-type': 'application/json' })
      return response.end(JSON.stringify({ resource, authorization_servers: [issuer], scopes_supported: ['openid'] }))
    }
    const token = await provider.AccessToken.find(request.headers.authorization?.replace(/^Bearer /, '') ?? '')
    if (token?.isValid !== true || token.aud !== resource) {
      const metadata = new URL('/.well-known/oauth-protected-resource/mcp', resource)
      return response.writeHead(401, { 'www-authenticate': `Bearer resource_metadata="${metadata}"` }).end()
    }
    const server = new McpServer({ name: 'guarded', version: '1.0.0' })
    // Sends back what must not reach a program.
    server.registerTool('whoami', {}, () => ({ content: [{ type: 'text', text: `${token.accountId}` }] }))
    server.registerTool('leak', {}, () => ({
      isError: true,
      content: [{ type: 'text', text: `cannot use ${request.headers.authorization}` }],
    }))
    const transport = new StreamableHTTPServerTransport({})
    await server.connect(transport as never)
    await transport.handleRequest(request, response)
  })
  issuer = await listen(authorizationServer)
  resource = `${await listen(resourceServer)}/mcp`
  provider = new Provider(issuer, {
    clients: [],
    features: {
      registration: { enabled: true },
      revocation: { enabled: true },
      devInteractions: { enabled: true },
      resourceIndicators: {
        enabled: true,
        defaultResource: () => resource,
        useGrantedResource: () => true,
        getResourceServerInfo: () => ({
          scope: 'openid',
          audience: resource,
          accessTokenFormat: 'opaque',
          accessTokenTTL: 60,
        }),
      },
    },
    // Refresh tokens are used once, so that two concurrent refreshes would end the login.
    rotateRefreshToken: true,
    issueRefreshToken: async () => true,
    pkce: { required: () => true },
    cookies: { keys: ['test'] },
    ttl: { AccessToken: 60 },
  })
  provider.on('grant.success', (context) => void grants.push(String(context.oidc.params?.grant_type)))
})
afterAll(() => {
  for (const server of [authorizationServer, resourceServer]) {
    server.close()
    server.closeAllConnections()
  }
})
beforeEach(() => {
  grants = []
})

/** Logs in like a person in a browser: fills in the forms of the authorization server until it redirects to us. */
async function logIn(page: URL): Promise<void> {
  const cookies = new Map<string, string>()
  let url = page
  let form: URLSearchParams | undefined
  for (let step = 0; step < 20; step++) {
    const response: Response = await fetch(url, {
      redirect: 'manual',
      headers: { cookie: [...cookies].map(([name, value]) => `${name}=${value}`).join('; ') },
      ...(form !== undefined && { method: 'POST', body: form }),
    })
    for (const cookie of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(cookie) ?? []
      cookies.set(name, value)
    }
    form = undefined
    const location = response.headers.get('location')
    if (location !== null) {
      url = new URL(location, url)
      if (url.origin !== issuer) {
        await (await fetch(url)).text()
        return
      }
      continue
    }
    const html = await response.text()
    const action = /action="([^"]+)"/.exec(html)?.[1] ?? ''
    const prompt = /name="prompt" value="([^"]+)"/.exec(html)?.[1] ?? ''
    url = new URL(action, url)
    form = new URLSearchParams({ prompt, login: 'ada', password: 'secret' })
  }
  throw new Error('The login did not end')
}

const connect = (auth: McpAuthOptions, more = {}) => mcp({ name: 'guarded', url: resource, auth, ...more })

describe('authorization with a real server', () => {
  it('registers, logs in, and refreshes once for concurrent calls', async () => {
    const store = memoryTokenStore()
    const states: string[] = []
    const onEvent = (event: McpEvent) => void (event.type === 'state' && states.push(event.state))
    let logins = 0
    const onLogin = async (url: URL) => {
      logins++
      await logIn(url)
    }
    await using guarded = await connect({ store, onLogin }, { onEvent })
    expect(states).toEqual(['connecting', 'authenticating', 'connecting', 'ready'])
    expect(await runForValue(guarded, 'return await guarded.whoami({})')).toBe('ada')
    for (const { tokens } of await loginsIn(store))
      await (await provider.AccessToken.find(tokens.access_token))?.destroy()
    const program = 'return await Promise.all(Array.from({ length: 5 }, () => guarded.whoami({})))'
    expect(await runForValue(guarded, program)).toEqual(['ada', 'ada', 'ada', 'ada', 'ada'])
    expect(grants).toEqual(['authorization_code', 'refresh_token'])
    expect(logins).toBe(1)

    // Another process with the same store does not log in.
    await using again = await connect({ store })
    expect(await runForValue(again, 'return await guarded.whoami({})')).toBe('ada')
    expect(grants).toHaveLength(2)
  })

  it('asks for a new login once the old one was revoked, and fails with the next step if it cannot', async () => {
    const store = memoryTokenStore()
    {
      await using guarded = await connect({ store, onLogin: logIn })
      expect(guarded.status().state).toBe('ready')
    }
    for (const { tokens } of await loginsIn(store)) {
      await (await provider.AccessToken.find(tokens.access_token))?.destroy()
      await (await provider.RefreshToken.find(tokens.refresh_token ?? ''))?.destroy()
    }
    await expect(connect({ store })).rejects.toMatchObject({
      code: 'MCP_UNAUTHORIZED',
      message: expect.stringContaining('Log in with `glovebox auth login guarded`'),
    })
    await using guarded = await connect({ store, onLogin: logIn })
    expect(await runForValue(guarded, 'return await guarded.whoami({})')).toBe('ada')
  })

  it('fails if the user does not log in, and leaves no port open', async () => {
    let redirect = ''
    const onLogin = (url: URL) => {
      redirect = url.searchParams.get('redirect_uri') ?? ''
    }
    await expect(connect({ onLogin, loginTimeoutMs: 200 })).rejects.toMatchObject({ code: 'MCP_UNAUTHORIZED' })
    await expect(fetch(redirect)).rejects.toThrow('fetch failed')
  })

  it('does not show a page with another scheme, and survives odd requests to its port', async () => {
    let shown = 0
    const onLogin = () => void shown++
    const fetchLike: typeof fetch = async (url, init) => {
      const response = await fetch(url, init)
      if (
        !String(url).includes('/.well-known/openid-configuration') &&
        !String(url).includes('oauth-authorization-server')
      )
        return response
      const metadata = (await response.json()) as object
      return Response.json({ ...metadata, authorization_endpoint: 'file:///usr/bin/xcalc' })
    }
    await expect(connect({ onLogin }, { fetch: fetchLike })).rejects.toMatchObject({ name: 'McpError' })
    expect(shown).toBe(0)
    const odd = async (url: URL) => {
      const redirect = new URL(url.searchParams.get('redirect_uri') ?? '')
      await new Promise<void>((resolve) => {
        const socket = connectTo(Number(redirect.port), '127.0.0.1', () =>
          socket.end('GET // HTTP/1.1\r\nHost: x\r\n\r\n'),
        )
        socket.on('close', () => resolve()).resume()
      })
      await logIn(url)
    }
    await using guarded = await connect({ onLogin: odd })
    expect(guarded.status().state).toBe('ready')
  })

  it('does not call a tool whose call was cancelled while the user logged in', async () => {
    const store = memoryTokenStore()
    let calls = 0
    const counting: typeof fetch = async (url, init) => {
      if (typeof init?.body === 'string' && init.body.includes('tools/call')) calls++
      return await fetch(url, init)
    }
    let finish = () => {}
    let isSlow = false
    const onLogin = async (url: URL) => {
      if (isSlow)
        await new Promise<void>((resolve) => {
          finish = resolve
        })
      await logIn(url)
    }
    await using guarded = await connect({ store, onLogin }, { fetch: counting })
    for (const { tokens } of await loginsIn(store)) {
      await (await provider.AccessToken.find(tokens.access_token))?.destroy()
      await (await provider.RefreshToken.find(tokens.refresh_token ?? ''))?.destroy()
    }
    isSlow = true
    const late = await runProgram(guarded, 'return await guarded.whoami({})', { wallTimeMs: 1_500 })
    expect(late).toMatchObject({ ok: false, error: { code: 'LIMIT_WALL_TIME' } })
    expect(calls).toBe(1)
    finish()
    await new Promise((resolve) => setTimeout(resolve, 1_500))
    expect(calls).toBe(1)
  })

  it('fails if the login is refused, and ignores redirects that it did not ask for', async () => {
    const onLogin = async (url: URL) => {
      const redirect = new URL(url.searchParams.get('redirect_uri') ?? '')
      for (const [name, value] of [
        ['code', 'stolen'],
        ['state', 'guessed'],
      ] as const)
        redirect.searchParams.set(name, value)
      expect((await fetch(redirect)).status).toBe(404)
      redirect.search = new URLSearchParams({
        error: 'access_denied',
        state: url.searchParams.get('state') ?? '',
      }).toString()
      await fetch(redirect)
    }
    await expect(connect({ onLogin })).rejects.toMatchObject({
      code: 'MCP_UNAUTHORIZED',
      message: expect.stringContaining('the login was refused'),
    })
  })

  it('keeps tokens in a file of the owner, and out of everything else', async () => {
    await using directory = temporaryDirectory()
    const path = join(directory.path, 'data', 'tokens.json')
    const events: McpEvent[] = []
    await using guarded = await connect(
      { store: fileTokenStore(path), onLogin: logIn },
      { onEvent: (event: McpEvent) => void events.push(event) },
    )
    await using sandbox = quickjs()
    await using codeMode = await createCodeMode({ sandbox, tools: guarded, redact: false })
    const result =
      await codeMode.execute(`const leak = await guarded.leak({}).catch((error) => [error.message, error.stack])
      return [leak, Object.keys(globalThis), typeof process]`)
    const uncaught = await codeMode.execute('await guarded.leak({})')
    expect(result.ok).toBe(true)
    expect(statSync(path).mode & 0o777).toBe(0o600)
    expect(statSync(join(directory.path, 'data')).mode & 0o777).toBe(0o700)
    const kept = Object.values(JSON.parse(readFileSync(path, 'utf8')) as Record<string, string>)
    const secrets = kept
      .flatMap((text) => Object.values((JSON.parse(text) as Kept).issuers))
      .flatMap(({ client, tokens }) =>
        [client.client_secret, tokens.access_token, tokens.refresh_token].filter((each) => each !== undefined),
      )
    expect(secrets.length).toBeGreaterThanOrEqual(2)
    const told = inspect([result, uncaught, events, guarded, guarded.status(), codeMode.instructions], {
      depth: 20,
      showHidden: true,
    })
    for (const secret of secrets) expect(told).not.toContain(secret)
  })

  it('lets several processes change the file of the tokens', async () => {
    await using directory = temporaryDirectory()
    const stores = Array.from({ length: 4 }, () => fileTokenStore(join(directory.path, 'tokens.json')))
    await Promise.all(stores.flatMap((store, index) => [store.set(`a${index}`, 'x'), store.set(`b${index}`, 'y')]))
    const values = await Promise.all(stores.map((store, index) => store.get(`b${index}`)))
    expect(values).toEqual(['y', 'y', 'y', 'y'])
    let running = 0
    let most = 0
    await Promise.all(
      stores.map((store) =>
        store.exclusive?.('any', async () => {
          most = Math.max(most, ++running)
          await new Promise((resolve) => setTimeout(resolve, 20))
          running--
        }),
      ),
    )
    expect(most).toBe(1)
  })

  it.each([['an unknown option', { tokenStore: 1 }, 'tokenStore']])('rejects %s', async (_, auth, message) => {
    await expect(connect(auth as never)).rejects.toThrow(message)
  })
})

interface Kept {
  readonly issuers: Record<
    string,
    { readonly client: { client_secret?: string }; readonly tokens: { access_token: string; refresh_token?: string } }
  >
}

/** Returns the credentials that a store has for the server. */
async function loginsIn(store: TokenStore): Promise<Kept['issuers'][string][]> {
  const { origin, pathname } = new URL(resource)
  const text = await store.get(JSON.stringify([origin + pathname, '', '']))
  return text === undefined ? [] : Object.values((JSON.parse(text) as Kept).issuers)
}

it('a public server may not lead the authorization to a private address', async () => {
  const asked: string[] = []
  const challenge = `Bearer resource_metadata="http://127.0.0.1:1/${randomUUID()}"`
  const fetchLike = async (url: string | URL | Request) => {
    asked.push(new URL(url as string).hostname)
    return new Response(null, { status: 401, headers: { 'www-authenticate': challenge } })
  }
  const url = 'https://203.0.113.7/mcp'
  await expect(
    mcp({ name: 'public', url, auth: { onLogin: logIn }, fetch: fetchLike as typeof fetch }),
  ).rejects.toMatchObject({ name: 'McpError' })
  expect(new Set(asked)).toEqual(new Set(['203.0.113.7']))
})
