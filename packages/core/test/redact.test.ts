import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type CodeModeOptions, createCodeMode } from '../src/code-mode.ts'
import { ToolCallError } from '../src/contract/errors.ts'
import type { ExecuteOptions } from '../src/execution/execute-options.ts'
import type { Telemetry } from '../src/execution/telemetry.ts'
import { cutUrls, KnownSecrets, secretsOfUrl } from '../src/redaction/known-secrets.ts'
import { redactSecrets } from '../src/redaction/redact-secrets.ts'
import { createSandbox } from '../src/sandbox/sandbox.ts'
import { ScriptedAdapter } from './scripted-adapter.ts'

type Redact = NonNullable<CodeModeOptions['redact']>

/** Returns the error that a guest receives for a failing call of `tools.work`. */
async function failureOf(
  execute: () => unknown,
  options: { redact?: Redact; telemetry?: Telemetry; tool?: string; execute?: ExecuteOptions } = {},
): Promise<{ code: string; message: string }> {
  const { tool = 'tools.work', redact, telemetry } = options
  const adapter = new ScriptedAdapter(async (guest) => {
    const heard = guest.hears()
    guest.say(`${JSON.stringify({ type: 'call', id: 1, tool })}\nj{}`)
    guest.endTurn()
    await heard
    guest.say('{"type":"returned"}\nj1')
    guest.endTurn()
  })
  await using sandbox = createSandbox(adapter, { ready: 0 })
  await using codeMode = await createCodeMode({
    sandbox,
    tools: { work: { inputSchema: { type: 'object' }, execute } },
    ...(redact === undefined ? {} : { redact }),
    ...(telemetry === undefined ? {} : { telemetry }),
  })
  await codeMode.execute('await tools.work()', options.execute)
  const failed = adapter.guests.flatMap(({ received }) => received).find((text) => text.includes('"failed"'))
  return JSON.parse(failed as string).error
}

const throwing = (error: unknown) => () => {
  throw error
}
const messageOf = async (...args: Parameters<typeof failureOf>) => (await failureOf(...args)).message

describe('the message of a failing tool', () => {
  it('is stripped of credentials by default', async () => {
    const message = "GET https://joe:hunter2@db.example.com/a?b=c failed: ENOENT, open '/etc/x'"
    expect(await failureOf(throwing(new Error(message)))).toEqual({
      code: 'TOOL_FAILED',
      message: "GET https://[redacted]@db.example.com/a?b=c failed: ENOENT, open '/etc/x'",
    })
  })

  it.each([
    ['a ToolCallError', new ToolCallError('TOOL_DENIED', 'token=abc123'), 'TOOL_DENIED'],
    ['a thrown string', 'token=abc123', 'TOOL_FAILED'],
  ])('is filtered for %s', async (_, error, code) => {
    expect(await failureOf(throwing(error))).toEqual({ code, message: 'token=[redacted]' })
  })

  it('is filtered for validation problems that quote values', async () => {
    const parse = () => ({ problems: ['password: "hunter2" is too short'] })
    const adapter = new ScriptedAdapter(async (guest) => {
      const heard = guest.hears()
      guest.say('{"type":"call","id":1,"tool":"tools.work"}\nj{}')
      guest.endTurn()
      await heard
      guest.say('{"type":"returned"}\nj1')
      guest.endTurn()
    })
    await using sandbox = createSandbox(adapter, { ready: 0 })
    const tools = { work: { parseInput: parse, execute: () => 1 } }
    await using codeMode = await createCodeMode({ sandbox, tools })
    await codeMode.execute('await tools.work()')
    expect(adapter.guests[0]?.received.join('\n')).toContain('TOOL_INPUT_INVALID')
    expect(adapter.guests[0]?.received.join('\n')).not.toContain('hunter2')
  })

  it('is unchanged with `redact: false`', async () => {
    expect(await messageOf(throwing(new Error('token=abc123')), { redact: false })).toBe('token=abc123')
  })

  it('passes once through a custom filter, which receives the name of the tool', async () => {
    const redact = (message: string, tool: string) => `<${tool}: ${message}>`
    const telemetry: Telemetry = { execution: (_, run) => run({ call: (_started, perform) => perform() }) }
    expect(await messageOf(throwing(new Error('no')), { redact })).toBe('<tools.work: no>')
    expect(await messageOf(throwing(new Error('no')), { redact, telemetry })).toBe('<tools.work: no>')
  })

  it.each([
    ['throws', throwing(new Error('about token=abc123'))],
    ['returns a value that is not a string', () => undefined],
    ['returns a promise', async (message: string) => message],
  ])('only states that the tool failed if the filter %s', async (_, redact) => {
    expect(
      await failureOf(throwing(new ToolCallError('TOOL_DENIED', 'token=abc123')), { redact: redact as never }),
    ).toEqual({ code: 'TOOL_DENIED', message: 'tools.work failed' })
  })

  it('has a bounded length for an unknown tool if the filter throws', async () => {
    const message = await messageOf(() => 1, {
      redact: throwing(new Error('no')) as never,
      tool: `tools.${'x'.repeat(900)}`,
    })
    expect(message.length).toBeLessThan(200)
  })

  it('only states that the tool failed if the error cannot be read', async () => {
    const trap = throwing(new Error('trap'))
    const errors = [
      new Proxy(new Error('x'), { get: trap, getPrototypeOf: trap }),
      Object.defineProperty(new Error('x'), 'message', { get: trap }),
      Object.defineProperty(new Error('x'), 'name', { get: trap }),
    ]
    for (const error of errors) expect(await messageOf(throwing(error))).toBe('tools.work failed')
  })

  it('is filtered before it is truncated, so that no part of a token remains', async () => {
    const token = 'ghp_0123456789abcdefghijABCDEFGHIJ012345'
    for (const size of [9_970, 9_990, 10_000, 19_970, 19_990, 20_000, 30_000]) {
      // Filtering shortens the first part, so that the token moves into the part that is kept.
      for (const first of ['', `password="${'p'.repeat(size - 500)}" `]) {
        const message = await messageOf(
          throwing(new Error(`${`${first}${'word '.repeat(size / 5)}`.slice(0, size - 1)} ${token}`)),
        )
        expect(message).not.toContain('ghp_0')
        expect(message.length).toBeLessThanOrEqual(10_001)
      }
    }
  })

  it('is filtered in bounded time, however long it is', async () => {
    let longest = 0
    const redact = (message: string) => {
      longest = Math.max(longest, message.length)
      return message
    }
    expect((await messageOf(throwing(new Error('x'.repeat(10_000_000))), { redact })).length).toBe(10_001)
    expect(longest).toBeLessThanOrEqual(20_000)
  })

  it('is filtered for telemetry, with the name and code and without the cause', async () => {
    const seen: unknown[] = []
    const telemetry: Telemetry = {
      execution: (_, run) =>
        run({
          call: (_started, perform) =>
            perform().catch((error: unknown) => {
              seen.push(error)
              throw error
            }),
        }),
    }
    const cause = new Error('https://joe:hunter2@example.com')
    const error = Object.assign(new RangeError('token=abc123', { cause }), { code: 'E_RANGE', path: '/secret' })
    await failureOf(throwing(error), { telemetry })
    expect(seen[0]).toMatchObject({ name: 'RangeError', code: 'E_RANGE', message: 'token=[redacted]' })
    expect(seen[0]).not.toHaveProperty('cause')
    expect(seen[0]).not.toHaveProperty('path')
  })
})

it.each([true, 'all', null, {}])('`redact: %j` is a TypeError', async (redact) => {
  await using sandbox = createSandbox(new ScriptedAdapter(() => {}), { ready: 0 })
  await expect(createCodeMode({ sandbox, tools: {}, redact: redact as never })).rejects.toThrow(
    /`redact` must be a function or false; got/,
  )
})

const ALPHANUMERIC = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789'
const from = (characters: string, minLength: number, maxLength = 40) =>
  fc.string({ unit: fc.constantFrom(...characters), minLength, maxLength })
const word = from(ALPHANUMERIC, 8)
/** Password characters, except those that end a word in every form. */
const loose = from(`${ALPHANUMERIC}!$()*+,;.:_~^|{}%`, 8)
const quoted = fc.string({ minLength: 8, maxLength: 40, unit: 'grapheme' })
const user = from(ALPHANUMERIC, 1, 10)
const base64 = (text: string) => Buffer.from(text).toString('base64')

/** Forms in which secrets appear, each with the secret that must be removed. */
const FORMS: readonly (readonly [name: string, form: fc.Arbitrary<readonly [text: string, secret: string]>])[] = [
  ['a URL', fc.tuple(user, loose).map(([name, pw]) => [`postgres://${name}:${pw}@db.example.com:5432/x`, pw])],
  [
    'a URL with slashes in the password',
    fc.tuple(user, word, word).map(([name, a, b]) => [`redis://${name}:${a}x/${b}?#${a}@h/0`, b]),
  ],
  ['a URL with a token', word.map((pw) => [`https://${pw}@github.com/a/b`, pw])],
  [
    'an Authorization header',
    fc
      .tuple(fc.constantFrom('Bearer', 'bearer', 'Basic', 'Token'), loose)
      .map(([scheme, pw]) => [`Authorization: ${scheme} ${pw}`, pw]),
  ],
  [
    'an Authorization header in JSON',
    quoted.map((pw) => [JSON.stringify({ authorization: `Bearer ${pw}` }), JSON.stringify(pw).slice(1, -1)]),
  ],
  ['a bearer token', from(ALPHANUMERIC, 20).map((pw) => [`sent Bearer ${pw}`, pw])],
  [
    'basic credentials',
    fc.tuple(user, word).map(([name, pw]) => [`with Basic ${base64(`${name}:${pw}`)}`, base64(`${name}:${pw}`)]),
  ],
  [
    'an assignment',
    fc
      .tuple(
        fc.constantFrom(
          'api_key',
          'apikey',
          'access_token',
          'password',
          'secret',
          'client_secret',
          'DB_PASSWORD',
          'GITHUB_TOKEN',
          '--api-key',
          'AWS_SECRET_ACCESS_KEY',
        ),
        loose,
      )
      .map(([name, pw]) => [`${name}=${pw}`, pw]),
  ],
  [
    'an assignment with spaces',
    fc.tuple(fc.constantFrom('password', 'secret', 'api key'), loose).map(([name, pw]) => [`${name} = ${pw}`, pw]),
  ],
  [
    'a header',
    fc
      .tuple(fc.constantFrom('x-api-key', 'X-Auth-Token', 'X-Amz-Security-Token'), loose)
      .map(([name, pw]) => [`${name}: ${pw}`, pw]),
  ],
  ['a query', word.map((pw) => [`https://example.com/a?b=1&access_token=${pw}&c=2`, pw])],
  ['a signed URL', word.map((pw) => [`https://example.com/a?X-Amz-Signature=${pw}&c=2`, pw])],
  [
    'JSON',
    fc
      .tuple(fc.constantFrom('password', 'apiKey', 'clientSecret', 'refresh_token'), quoted)
      .map(([name, pw]) => [JSON.stringify({ a: 1, [name]: pw, b: 2 }), JSON.stringify(pw).slice(1, -1)]),
  ],
  [
    'JSON in JSON',
    quoted.map((pw) => [
      JSON.stringify(JSON.stringify({ password: pw, b: 2 })),
      JSON.stringify(JSON.stringify(pw)).slice(3, -3),
    ]),
  ],
  ['an inspected object', word.map((pw) => [`{ a: 1, password: '${pw}', b: 2 }`, pw])],
  ...(['ghp_', 'gho_', 'github_pat_', 'glpat-', 'sk-proj-0', 'sk_live_', 'xoxb-', 'AIza', 'npm_', 'hf_'] as const).map(
    (prefix) => [prefix, from(ALPHANUMERIC, 36, 60).map((pw) => [`${prefix}${pw}`, pw] as const)] as const,
  ),
  ['AKIA', from('ABCDEFGHIJKLMNOPQRSTUVWXYZ234567', 16, 16).map((pw) => [`AKIA${pw}`, pw])],
  [
    'a JSON Web Token',
    fc
      .tuple(fc.object(), word)
      .map(([claims, pw]) => [
        [base64('{"alg":"HS256"}'), base64(JSON.stringify(claims)), pw].join('.').replace(/[+=/]/g, '_'),
        pw,
      ]),
  ],
  [
    'a private key',
    word.map((pw) => [`-----BEGIN RSA PRIVATE KEY-----\n${pw}\n${pw}\n-----END RSA PRIVATE KEY-----`, pw]),
  ],
]

/** Ordinary text around a secret that must remain. */
const around = fc.tuple(
  fc.constantFrom('', 'failed: ', 'GET /items returned 401 (', 'line\n', 'curl '),
  fc.constantFrom('', ' and stopped', '\nat line 3'),
)

describe('redactSecrets', () => {
  it.each(FORMS)('removes secrets in the form of %s', (_, form) => {
    fc.assert(
      fc.property(form, around, ([text, secret], [before, after]) => {
        const redacted = redactSecrets(before + text + after)
        expect(redacted).not.toContain(secret)
        expect(redacted.startsWith(before)).toBe(true)
        expect(redactSecrets(redacted)).toBe(redacted)
      }),
    )
  })

  it.each(FORMS.filter(([name]) => !/JSON in|inspected/.test(name)))('keeps the text after %s', (_, form) => {
    fc.assert(
      fc.property(form, ([text]) => {
        expect(redactSecrets(`${text} and stopped`).endsWith(' and stopped')).toBe(true)
      }),
    )
  })

  it.each([
    'the password is wrong',
    'Bearer of bad news',
    'Bearer authentication is required',
    'Bearer realm="example", error="invalid_token", error_description="The token expired"',
    'Basic authentication is required, see Basic authorization, Basic information and Basic understanding',
    'Unexpected token = in JSON at position 3',
    `Unexpected token '}', "{a}" is not valid JSON`,
    'Unexpected token: "}"',
    'Invalid password: must not be empty',
    'Invalid API key: check your settings',
    'the secret: never give up',
    'max_tokens=100, tokens: 12000, tokenizer: cl100k_base',
    'Authorization: required',
    '{"password":null,"hasPassword":true,"passwords":[]}',
    'pass --token=<your token>',
    'if (password == null) return',
    'https://example.com:8080/@scope/package and https://example.com/users?id=7#top',
    'http://localhost:3000 refused, ask ops@example.com',
    'git clone git@github.com:owner/name',
    'task-force, sk-SK and desk-top',
    "ENOENT: no such file or directory, open '/etc/secrets/token'",
    'the key x is not unique: {"id":"0f8fad5b-d9cb-469f-a165-70867728950e"}',
    'sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
  ])('leaves %j unchanged', (text) => {
    expect(redactSecrets(text)).toBe(text)
  })

  it('leaves ordinary words unchanged', () => {
    const words = fc.array(from('abcdefghijklmnopqrstuvwxyz', 1, 12), { minLength: 1, maxLength: 30 })
    const punctuation = fc.constantFrom(' ', ', ', '. ', ' (', ') ', ' = ', ' "', '" ', '\n')
    fc.assert(
      fc.property(words, punctuation, (parts, mark) => {
        const text = parts.join(mark)
        fc.pre(!/pass|pwd|secret|token|key|authorization/.test(text))
        expect(redactSecrets(text)).toBe(text)
      }),
    )
  })

  it('takes linear time', () => {
    const units = [
      '://',
      '://a:',
      '://a:b',
      'eyJ',
      'eyJaaaaaaaaaa.',
      'token:',
      'password=',
      '"password":"',
      'x-',
      'ghp_',
    ]
    const more = [
      'sk-',
      'Bearer ',
      'Basic a',
      '-----BEGIN PRIVATE KEY-----',
      'a',
      '\\',
      '\\"',
      '?a-',
      '\\\\"secret',
      'a@',
    ]
    for (const unit of [...units, ...more]) {
      const before = process.cpuUsage()
      redactSecrets(unit.repeat(1_000_000 / unit.length))
      const { user: spent } = process.cpuUsage(before)
      // Quadratic time would take minutes.
      expect(spent / 1_000, unit).toBeLessThan(5_000)
    }
  })
})

describe('known secrets', () => {
  it('are hidden in plain, JSON and URL encoding', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 6, maxLength: 30, unit: 'grapheme' }), (secret) => {
        const known = new KnownSecrets([secret])
        for (const written of [secret, JSON.stringify(secret), encodeURIComponent(secret)]) {
          expect(known.hide(`<${written}>`)).toMatch(/^<"?\[redacted\]"?>$/)
        }
      }),
    )
  })

  it('are hidden even if truncation cuts them', () => {
    const known = new KnownSecrets(['0123456789'])
    for (let wanted = 1; wanted < 20; wanted++) {
      expect(known.hideInTail('abcde 0123456789 xyz', wanted)).not.toMatch(/\d/)
    }
    expect(known.hide(`${'x'.repeat(19_995)}0123456789`)).not.toMatch(/\d/)
  })

  it('that are short are hidden only as separate words', () => {
    expect(new KnownSecrets(['mcp', '-y', '']).hide('mcp: mcpx -y')).toBe('[redacted]: mcpx -y')
  })

  it('of a URL include everything but its scheme, host and port', () => {
    const url = new URL('https://joe%40x:p%C3%A4ss@example.com:8443/tenant-4711/mcp?key=k-9876#part-1')
    const hidden = new KnownSecrets(secretsOfUrl(url)).hide(
      `${url} joe@x päss joe%40x ${url.pathname} tenant-4711 k-9876 part-1`,
    )
    expect(hidden).not.toMatch(/joe|p(?:ä|%C3)|tenant|9876|part/)
  })
})

describe('cutUrls', () => {
  it.each([
    ['at https://joe:pw@example.com:8443/a?b#c now', 'at https://example.com:8443 now'],
    ['"http://[::1]:80/a" file:///a/b.js', '"http://[::1]:80" file:///a/b.js'],
    ['http://joe:p/w@example.com', 'http://[redacted]'],
    ['http://joe:12/w@example.com', 'http://[redacted]'],
    ['wss://h', 'wss://h'],
  ])('turns %s into %s', (text, expected) => {
    expect(cutUrls(text)).toBe(expected)
  })
})
