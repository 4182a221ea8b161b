import { describe, expect, it } from 'vitest'
import type { ToolDocument } from '../src/search/tool-document.ts'
import { ToolIndex } from '../src/search/tool-index.ts'

const GITHUB: ToolDocument[] = [
  { path: 'github.listIssues', name: 'list_issues', description: 'Lists the issues of a repository.' },
  { path: 'github.createIssue', name: 'create_issue', description: 'Opens an issue with a title and a body.' },
  { path: 'github.mergePullRequest', name: 'mergePullRequest', description: 'Merges a pull request.' },
]
const FILES: ToolDocument[] = [
  { path: 'files.readFile', name: 'read_file', description: 'Reads the contents of a text file.' },
  { path: 'files.removeFile', name: 'remove_file', description: 'Removes a file from the disk.' },
  {
    path: 'files.grep',
    name: 'grep',
    description: 'Finds lines.',
    parameters: [{ name: 'caseSensitive', description: 'Whether capital letters differ.' }],
  },
]

async function createIndex(namespaces: Record<string, readonly ToolDocument[]> = { github: GITHUB, files: FILES }) {
  const index = new ToolIndex()
  for (const [name, documents] of Object.entries(namespaces)) await index.setNamespace(name, documents)
  return index
}

/** Indexes tools with these names, and returns the paths that a query finds. A path is a name. */
async function pathsFound(query: string, names: readonly string[]): Promise<string[]> {
  const index = await createIndex({ tools: names.map((name) => ({ path: name, name })) })
  return index.search(query).matches.map(({ path }) => path)
}

describe('a tool search', () => {
  it.each([
    ['pull request', 'mergePullRequest'],
    ['mergePullRequest', 'merge_pull_request'],
    ['http server', 'HTTPServer'],
    ['HTTPServer', 'http-server'],
    ['base64', 'encodeBase64'],
    ['base 64', 'encode_base64'],
    ['github', 'GitHubStatus'],
    ['url', 'shortenURLs'],
    ['resume', 'parse_résumé'],
  ])('finds the identifier for "%s" in %s', async (query, name) => {
    expect(await pathsFound(query, [name, 'unrelated'])).toEqual([name])
  })

  it.each([
    ['listing repositories', 'list_repository'],
    ['conversions', 'conversion'],
    ['calculated totals', 'calculate_total'],
  ])('finds the word forms of "%s" in %s', async (query, name) => {
    expect(await pathsFound(query, [name, 'unrelated'])).toEqual([name])
  })

  it('does not confuse news with new', async () => {
    expect(await pathsFound('news', ['new_game', 'get_news'])).toEqual(['get_news'])
  })

  it.each([
    ['retrieve invoice', 'get_invoice'],
    ['delete invoice', 'remove_invoice'],
    ['query invoices', 'search_invoices'],
    ['add invoice', 'create_invoice'],
    ['modify invoice', 'update_invoice'],
  ])('ranks the synonym of "%s" first: %s', async (query, name) => {
    const names = ['get_invoice', 'remove_invoice', 'search_invoices', 'create_invoice', 'update_invoice']
    expect((await pathsFound(query, names))[0]).toBe(name)
  })

  it('ranks the word of the query before its synonym', async () => {
    expect(await pathsFound('fetch invoice', ['get_invoice', 'fetch_invoice'])).toEqual([
      'fetch_invoice',
      'get_invoice',
    ])
  })

  it('finds longer words by their beginning, and misspelled words', async () => {
    expect(await pathsFound('repo', ['list_repositories', 'unrelated'])).toEqual(['list_repositories'])
    expect(await pathsFound('donwload', ['download_paper', 'unrelated'])).toEqual(['download_paper'])
  })

  it('finds Chinese, Japanese and Thai words without spaces', async () => {
    const names = ['获取天气预报', '画像を検索', 'ค้นหาโรงแรม', 'unrelated']
    expect(await pathsFound('天气', names)).toEqual(['获取天气预报'])
    expect(await pathsFound('画', names)).toEqual(['画像を検索'])
    expect(await pathsFound('โรงแรม', names)).toEqual(['ค้นหาโรงแรม'])
  })

  it('finds tools by parameters and by the description of their provider', async () => {
    const index = await createIndex()
    expect(index.search('case sensitive').matches[0]?.path).toBe('files.grep')
    await index.setNamespace('chat', [{ path: 'chat.post', name: 'post' }], { description: 'Messages in channels' })
    expect(index.search('channel').matches[0]?.path).toBe('chat.post')
  })

  it('ranks a tool whose name is the query before a tool that says more about it', async () => {
    const index = await createIndex({
      tools: [
        { path: 'a', name: 'get_weather_alert_history', description: 'Gets the weather.' },
        { path: 'b', name: 'get_weather' },
      ],
    })
    expect(index.search('get the weather').matches[0]?.path).toBe('b')
  })

  it('finds nothing if too little of the query fits, and returns the words that no tool contains', async () => {
    const index = await createIndex()
    expect(index.search('book the cheapest Flight to Lisbon, a flight')).toEqual({
      matches: [],
      total: 0,
      unmatched: ['book', 'cheapest', 'Flight', 'Lisbon'],
    })
    expect(index.search('list the cheapest flights, trains and hotels in Lisbon').matches).toEqual([])
    const { matches, unmatched } = index.search('merge the pull request on GitLab')
    expect(matches[0]?.path).toBe('github.mergePullRequest')
    expect(unmatched).toEqual(['GitLab'])
  })

  it('finds nothing for an empty query, and for stop words', async () => {
    const index = await createIndex()
    for (const query of ['', ' ?!', 'can you please do that for me']) {
      expect(index.search(query)).toEqual({ matches: [], total: 0, unmatched: [] })
    }
  })

  it('reports a misspelled word as unmatched, but not a synonym', async () => {
    const index = await createIndex()
    expect(index.search('erase a fille').unmatched).toEqual(['fille'])
  })

  it('ranks only the tools of the given namespace', async () => {
    const index = await createIndex()
    const paths = (namespace: string) => index.search('list issues or files', { namespace }).matches.map((m) => m.path)
    expect(paths('files')).toContain('files.readFile')
    expect(paths('files').every((path) => path.startsWith('files.'))).toBe(true)
    expect(index.search('issues', { namespace: 'files' })).toEqual({ matches: [], total: 0, unmatched: ['issues'] })
    expect(paths('missing')).toEqual([])
  })

  it('breaks ties by path, and returns pages of one order', async () => {
    const paths = ['c', 'a', 'e', 'b', 'd']
    const index = await createIndex({ tools: paths.map((path) => ({ path, name: 'send_mail' })) })
    const page = (offset: number) => index.search('send mail', { limit: 2, offset }).matches.map(({ path }) => path)
    expect([page(0), page(2), page(4)]).toEqual([['a', 'b'], ['c', 'd'], ['e']])
    expect(index.search('send mail', { limit: 2 }).total).toBe(5)
  })
})

describe('a tool index', () => {
  const QUERIES = ['list issues', 'read a file', 'remove', 'grep lines', 'capital letters', 'merge', 'repos', 'isues']
  const results = (index: ToolIndex) => QUERIES.map((query) => index.search(query))

  it('ranks the same documents in the same way after any order of changes', async () => {
    const index = await createIndex({ other: FILES.slice(1), files: GITHUB, github: FILES })
    index.removeNamespace('other')
    await index.setNamespace('github', [...GITHUB].reverse())
    await index.setNamespace('files', FILES)
    expect(results(index)).toEqual(results(await createIndex()))
  })

  it('replaces and removes the documents of a namespace', async () => {
    const index = await createIndex()
    await index.setNamespace('github', [{ path: 'github.listIssues', name: 'list_tickets' }])
    expect(index.search('tickets').matches.map(({ path }) => path)).toEqual(['github.listIssues'])
    expect(index.search('issues pull request').unmatched).toEqual(['issues', 'pull', 'request'])
    index.removeNamespace('github')
    expect(index.search('tickets').matches).toEqual([])
    index.removeNamespace('github')
  })

  it('follows a change of the description of the provider', async () => {
    const index = await createIndex()
    await index.setNamespace('github', GITHUB, { description: 'Software forge' })
    expect(index.search('forge').total).toBe(3)
    await index.setNamespace('github', GITHUB)
    expect(index.search('forge').total).toBe(0)
  })

  it('does not contain the words of a provider without tools', async () => {
    const index = await createIndex({ tools: [{ path: 'a', name: 'git_hub' }] })
    await index.setNamespace('empty', [], { description: 'GitHub' })
    expect(index.search('GitHub').total).toBe(1)
  })

  it('does not read unchanged documents again', async () => {
    let reads = 0
    const document = {
      path: 'a',
      name: 'read',
      get description() {
        reads++
        return 'Reads.'
      },
    }
    const index = new ToolIndex()
    await index.setNamespace('tools', [document])
    const first = reads
    await index.setNamespace('tools', [document, { path: 'b', name: 'write' }])
    expect(reads).toBe(first)
    expect(index.search('write').matches[0]?.path).toBe('b')
  })

  it('keeps the last document of a path', async () => {
    const index = await createIndex({ tools: ['first', 'second'].map((name) => ({ path: 'same', name })) })
    expect(index.search('second').total).toBe(1)
    expect(index.search('first').total).toBe(0)
  })

  const many = (count: number, word: string) =>
    Array.from({ length: count }, (_, at) => ({
      path: `${word}${at}`,
      name: `${word}_${at}`,
      description: word.repeat(9),
    }))

  it('yields to the event loop while it indexes, and can be searched meanwhile', async () => {
    const index = new ToolIndex()
    let turns = 0
    const timer = setInterval(() => {
      turns++
      index.search('alpha')
    })
    await index.setNamespace('tools', many(3_000, 'alpha'))
    clearInterval(timer)
    expect(turns).toBeGreaterThan(3)
    expect(index.search('alpha').total).toBe(3_000)
  })

  it('rejects with the reason of its signal, and completes when it is set again', async () => {
    const index = new ToolIndex()
    const documents = many(3_000, 'alpha')
    const controller = new AbortController()
    const setting = index.setNamespace('tools', documents, { signal: controller.signal })
    controller.abort(new Error('stopped by the test'))
    await expect(setting).rejects.toThrow('stopped by the test')
    expect(index.search('alpha').total).toBeLessThan(3_000)
    await index.setNamespace('tools', documents)
    expect(index.search('alpha').total).toBe(3_000)
  })

  it('has the documents of the latest call if calls for a namespace overlap', async () => {
    const index = new ToolIndex()
    const older = index.setNamespace('tools', many(3_000, 'alpha'))
    const newer = index.setNamespace('tools', many(10, 'beta'))
    await Promise.all([older, newer])
    expect([index.search('alpha').total, index.search('beta').total]).toEqual([0, 10])
    const removed = index.setNamespace('tools', many(3_000, 'alpha'))
    index.removeNamespace('tools')
    await removed
    expect(index.search('alpha').total).toBe(0)
  })
})

describe('a hostile document', () => {
  /** Distinct words without digits, which would be split off. */
  const words = (count: number) =>
    Array.from(
      { length: count },
      (_, at) => `q${[...at.toString().padStart(6, '0')].map((digit) => 'bcdfghjklm'[Number(digit)]).join('')}`,
    )
  const countKnown = (index: ToolIndex, queries: readonly string[]) =>
    queries.filter((query) => index.search(query).unmatched.length === 0).length

  it('is searchable by the beginning of a description of one megabyte only', async () => {
    const [first, last] = ['beginning', 'ending']
    const index = await createIndex({
      tools: [{ path: 'a', name: 'tool', description: `${first} ${'and so on '.repeat(100_000)} ${last}` }],
    })
    expect(index.search(first).total).toBe(1)
    expect(index.search(last).total).toBe(0)
  })

  it('is searchable by a bounded number of words', async () => {
    const letters = [...'bcdfghjklmnpqrtvwxz']
    const all = letters.flatMap((one) => letters.flatMap((two) => letters.map((three) => one + two + three)))
    const parameters = [all.slice(0, 1_000), all.slice(2_000, 3_000)].map((part) => ({ name: part.join(' ') }))
    const description = all.slice(1_000, 2_000).join(' ')
    const index = await createIndex({ tools: [{ path: 'a', name: 'tool', description, parameters }] })
    expect(countKnown(index, all.slice(1_000, 1_900))).toBe(900)
    expect(countKnown(index, all)).toBeLessThanOrEqual(1_024)
  })

  it('is read up to the maximum number of parameters', async () => {
    let reads = 0
    const names = words(10_000)
    const parameters = names.map((name) => ({
      name,
      get description() {
        reads++
        return 'x'
      },
    }))
    const index = await createIndex({ tools: [{ path: 'a', name: 'tool', parameters }] })
    expect(countKnown(index, names.slice(0, 50))).toBe(50)
    expect(countKnown(index, names.slice(-50))).toBe(0)
    expect(reads).toBeLessThanOrEqual(100)
  })

  it('does not rank higher because it repeats a word', async () => {
    const index = await createIndex({
      tools: [
        { path: 'honest', name: 'invoice', description: 'Sends an invoice.' },
        { path: 'stuffed', name: 'invoice', description: 'Sends an invoice. '.repeat(200) },
      ],
    })
    expect(index.search('send an invoice').matches[0]?.path).toBe('honest')
  })

  it('has names of built-in properties as ordinary words', async () => {
    const names = ['__proto__', 'constructor', 'hasOwnProperty', 'toString']
    for (const name of names) expect((await pathsFound(name, names))[0]).toBe(name)
    const index = await createIndex({ constructor: [{ path: '__proto__', name: 'valueOf' }] })
    expect(index.search('value of', { namespace: 'constructor' }).matches[0]?.path).toBe('__proto__')
    expect(index.search('value', { namespace: '__proto__' }).total).toBe(0)
  })

  it('does not make patterns of a query, and a query of any length is searched', async () => {
    const index = await createIndex()
    expect(index.search('(a+)+$ .* [ \\ \u0000 \u0301 \ud800').matches).toEqual([])
    expect(index.search(`merge pull request ${'(a+)+'.repeat(200_000)}`).matches[0]?.path).toBe(
      'github.mergePullRequest',
    )
    const words = Array.from({ length: 100_000 }, (_, at) => `unknown${at}`).join(' ')
    expect(index.search(words).unmatched.length).toBeLessThanOrEqual(64)
    expect(await pathsFound('x', ['x'.repeat(100_000), 'A'.repeat(100_000), '字'.repeat(100_000), '\u0301'])).toEqual(
      [],
    )
  })
})
