/**
 * Runs the parts of test262 that are relevant to programs of models, on each backend: `pnpm test262`. The tests are part
 * of Debian's SpiderMonkey source package, which is downloaded with a fixed version and checksum.
 */
import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs, promisify } from 'node:util'
import { BACKENDS } from '@glovebox/backends'
import { createCodeMode } from '@glovebox/core'
import { progress, tableOf } from './report.mjs'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
/** Debian serves packages without TLS. The checksum verifies the download. */
const SOURCE = 'http://deb.debian.org/debian/pool/main/m/mozjs78/mozjs78_78.15.0.orig.tar.xz'
const SHA256 = '2f33dcb6130b08adca5d81fee9dbfcb5e87c51a4a969f46b46df61170298b4ca'
const INSIDE = 'firefox-78.15.0/js/src/tests/test262'
const cache = join(root, 'node_modules', '.cache', 'test262-mozjs78')
const failuresFile = join(root, 'test', 'test262-failures.json')
const page = join(root, 'docs', 'reference', 'test262.md')

const AT_ONCE = 8

/** Areas of the language that are tested. */
const AREAS = {
  'arrow functions': ['language/expressions/arrow-function'],
  'async functions': [
    'language/expressions/async-arrow-function',
    'language/expressions/async-function',
    'language/statements/async-function',
    'language/expressions/await',
  ],
  'async iteration': [
    'language/expressions/async-generator',
    'language/statements/async-generator',
    'language/statements/for-await-of',
  ],
  classes: ['language/expressions/class', 'language/statements/class'],
  'control flow': ['for', 'for-in', 'for-of', 'if', 'labeled', 'switch', 'throw', 'try', 'while'].map(
    (name) => `language/statements/${name}`,
  ),
  'destructuring and declarations': ['language/statements/const', 'language/statements/let', 'language/destructuring'],
  expressions: [
    'array',
    'assignment',
    'call',
    'coalesce',
    'conditional',
    'object',
    'optional-chaining',
    'spread',
    'template-literal',
    'tagged-template',
  ].map((name) => `language/expressions/${name}`),
  generators: ['language/expressions/generators', 'language/statements/generators'],
  arrays: ['built-ins/Array'],
  dates: ['built-ins/Date'],
  JSON: ['built-ins/JSON'],
  'maps and sets': ['built-ins/Map', 'built-ins/Set', 'built-ins/WeakMap', 'built-ins/WeakSet'],
  numbers: ['built-ins/BigInt', 'built-ins/Math', 'built-ins/Number', 'built-ins/parseFloat', 'built-ins/parseInt'],
  objects: ['built-ins/Object', 'built-ins/Reflect', 'built-ins/Symbol'],
  promises: ['built-ins/Promise'],
  proxies: ['built-ins/Proxy'],
  'regular expressions': ['built-ins/RegExp'],
  strings: ['built-ins/String'],
  'typed arrays': ['built-ins/ArrayBuffer', 'built-ins/DataView', 'built-ins/TypedArray'],
}

/** Features that programs do not have by design, and features that later editions have changed. */
const OUT_OF_SCOPE =
  /\$262\.|createRealm|\beval\b|\bFunction\s*\(|new Function|GeneratorFunction|AsyncFunction\s*\(|\bIntl\b|SharedArrayBuffer|Atomics|WeakRef|FinalizationRegistry|import\s*\(|import\.meta|fnGlobalObject|cross-realm|tail-call-optimization|toLocale\w*String|ShadowRealm/
/** Tests of an outdated Unicode version. */
const OLD_UNICODE = /\/property-escapes\/generated\//
const FLAGS_OUT_OF_SCOPE = ['noStrict', 'module', 'raw', 'CanBlockIsFalse']

const HELP = `Usage: pnpm test262 [--sample <n>] [--sandbox <name>] [--check | --write]

  --sample <n>      runs only every n-th test
  --sandbox <name>  one of ${Object.keys(BACKENDS).join(', ')} (default: all)
  --check           fails if the set of failing tests has changed
  --write           writes test/test262-failures.json and docs/reference/test262.md`

const { values: options } = parseArgs({
  options: {
    sample: { type: 'string', default: '1' },
    sandbox: { type: 'string' },
    check: { type: 'boolean', default: false },
    write: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
})
if (options.help) {
  console.log(HELP)
  process.exit()
}

const sample = Number(options.sample)
const chosen = options.sandbox === undefined ? Object.keys(BACKENDS) : [options.sandbox]
const mistake = findMistake()
if (mistake !== undefined) {
  console.error(mistake)
  process.exit(2)
}

/** Returns an error message if the options are invalid. */
function findMistake() {
  if (!Number.isSafeInteger(sample) || sample < 1) return `--sample must be a positive integer; got ${options.sample}`
  if (!chosen.every((name) => Object.hasOwn(BACKENDS, name))) {
    return `--sandbox must be one of ${Object.keys(BACKENDS).join(', ')}; got ${options.sandbox}`
  }
  if (options.write && options.sandbox !== undefined) return '--write requires all sandboxes: omit --sandbox'
  return undefined
}

/** Downloads the tests unless they are cached. Returns the reason if they are not available. */
async function fetchTests() {
  if (existsSync(cache)) return undefined
  console.log('Fetching test262 (60 MB, once) …')
  let archive
  try {
    const response = await fetch(SOURCE, { signal: AbortSignal.timeout(300_000) })
    if (!response.ok) return `${SOURCE} responded with ${response.status}`
    archive = Buffer.from(await response.arrayBuffer())
  } catch (error) {
    return `${SOURCE} cannot be reached (${error.cause?.code ?? error.message})`
  }
  if (createHash('sha256').update(archive).digest('hex') !== SHA256)
    throw new Error(`the checksum of ${SOURCE} does not match`)
  const unpacked = `${cache}.${process.pid}`
  mkdirSync(unpacked, { recursive: true })
  try {
    writeFileSync(join(unpacked, 'archive'), archive)
    const strip = `--strip-components=${INSIDE.split('/').length}`
    await promisify(execFile)('tar', ['-xJf', 'archive', strip, INSIDE], { cwd: unpacked })
    rmSync(join(unpacked, 'archive'))
    renameSync(unpacked, cache)
  } finally {
    rmSync(unpacked, { recursive: true, force: true })
  }
  return undefined
}

const sections = new Map()
/** Returns the files that are concatenated in a shell.js, by name. */
function sectionsOf(folder) {
  if (!sections.has(folder)) {
    const file = join(cache, folder, 'shell.js')
    const parts = existsSync(file) ? readFileSync(file, 'utf8').split(/^\/\/ file: (.*)$/m) : []
    const named = new Map()
    for (let i = 1; i < parts.length; i += 2) named.set(parts[i].trim(), parts[i + 1])
    sections.set(folder, named)
  }
  return sections.get(folder)
}

function include(path, name) {
  for (let folder = dirname(path); ; folder = dirname(folder)) {
    const text = sectionsOf(folder).get(name)
    if (text !== undefined) return text
    if (folder === '.') return ''
  }
}

const DONE = `let $done; const $finished = new Promise((resolve) => { $done = resolve }); function $DONE(error) { $done(error) }`

/** Returns a test as a program with its expected outcome, or undefined if it is out of scope. */
function readTest(path) {
  const text = readFileSync(join(cache, path), 'utf8')
  const [, front] = /\/\*---([\s\S]*?)---\*\//.exec(text) ?? []
  if (OLD_UNICODE.test(path)) return undefined
  if (front === undefined || OUT_OF_SCOPE.test(text) || /^\/\/ \|reftest\| .*skip/.test(text)) return undefined
  const list = (name) => {
    const [, inline, block] =
      new RegExp(`^${name}:\\s*(?:\\[([^\\]]*)\\]|\\n((?:\\s+- .*\\n)+))`, 'm').exec(front) ?? []
    return (inline?.split(',') ?? block?.split('\n').map((line) => line.replace(/^\s*-/, '')) ?? [])
      .map((item) => item.trim())
      .filter(Boolean)
  }
  const flags = list('flags')
  if (flags.some((flag) => FLAGS_OUT_OF_SCOPE.includes(flag))) return undefined
  const [, phase] = /negative:[\s\S]*?phase:\s*(\w+)/.exec(front) ?? []
  const [, type] = /negative:[\s\S]*?type:\s*(\w+)/.exec(front) ?? []
  const harness = ['sta.js', 'assert.js', ...list('includes')]
  // The source bundles these with the other files, so its tests do not list them.
  if (text.includes('compareArray')) harness.push('compareArray.js')
  if (/verify\w+\(/.test(text)) harness.push('propertyHelper.js')
  const included = [...new Set(harness)].map((name) => include(path, name)).join('\n')
  if (OUT_OF_SCOPE.test(included)) return undefined
  const isAsync = flags.includes('async')
  const end = isAsync ? 'const $error = await $finished; if ($error) throw $error' : ''
  const code = `function reportCompare() {}\n${isAsync ? DONE : ''}\n${included}\n${text}\n;${end}\n;return 'passed'`
  return { path, code, phase, type }
}

function* filesIn(folder) {
  if (!existsSync(join(cache, folder))) return
  for (const entry of readdirSync(join(cache, folder), { withFileTypes: true })) {
    const path = `${folder}/${entry.name}`
    if (entry.isDirectory()) yield* filesIn(path)
    else if (/\.js$/.test(entry.name) && !/^(?:shell|browser)\.js$|_FIXTURE/.test(entry.name)) yield path
  }
}

function collect(step) {
  const tests = []
  for (const [area, folders] of Object.entries(AREAS)) {
    for (const path of folders.flatMap((folder) => [...filesIn(folder)])) {
      const test = readTest(path)
      if (test !== undefined) tests.push({ ...test, area })
    }
  }
  return tests.filter((_, index) => index % step === 0)
}

/** Returns the reason for a failure, or undefined if the test passed. */
function judge({ phase, type }, result) {
  if (phase === undefined)
    return result.ok && result.value === 'passed' ? undefined : (result.error?.message ?? 'the program did not end')
  if (result.ok) return 'expected the test to fail'
  if (phase === 'parse' || phase === 'early') return result.error.code === 'CODE_SYNTAX' ? undefined : result.error.code
  return result.error.name === type ? undefined : `${result.error.name} instead of ${type}`
}

/** Runs all tests. Returns the paths of failing tests with the reasons. */
async function runAll(name, tests) {
  const failures = new Map()
  await using sandbox = BACKENDS[name]()
  await using codeMode = await createCodeMode({ sandbox, tools: {}, limits: { cpuTimeMs: 20_000 } })
  let next = 0
  const work = async () => {
    while (next < tests.length) {
      const test = tests[next++]
      const wrong = judge(test, await codeMode.execute(test.code))
      if (wrong !== undefined) failures.set(test.path, wrong)
      if (next % 50 === 0) progress(`${name}: ${next} of ${tests.length}, ${failures.size} failed`)
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, work))
  progress('')
  return failures
}

/** Returns a table of passing tests, by area and sandbox. */
function ratesOf(tests, failuresBy) {
  const names = Object.keys(failuresBy)
  const rate = (among, name) => {
    const passed = among.filter(({ path }) => !failuresBy[name].includes(path)).length
    return `${passed}, ${((100 * passed) / among.length).toFixed(1)} %`
  }
  const row = (title, among) => [title, String(among.length), ...names.map((name) => rate(among, name))]
  const areas = Object.keys(AREAS).map((area) => [area, tests.filter((test) => test.area === area)])
  return tableOf([
    ['', 'tests', ...names.map((name) => `\`${name}\``)],
    ...areas.filter(([, among]) => among.length > 0).map(([area, among]) => row(area, among)),
    row('**all**', tests),
  ])
}

const unreachable = await fetchTests()
if (unreachable !== undefined) {
  console.log(`test262 was not run: ${unreachable}`)
  process.exit(options.write ? 1 : 0)
}
const tests = collect(sample)
const known = existsSync(failuresFile) ? JSON.parse(readFileSync(failuresFile, 'utf8')) : {}
const failuresBy = {}
let differences = 0
for (const name of chosen) {
  const started = performance.now()
  const failures = await runAll(name, tests)
  failuresBy[name] = [...failures.keys()].sort()
  const seconds = ((performance.now() - started) / 1000).toFixed(0)
  console.log(`${name}: ${tests.length - failures.size} of ${tests.length} passed, in ${seconds} s`)
  const expected = new Set(known[name])
  const differing = options.check
    ? tests.filter(({ path }) => failures.has(path) !== expected.has(path))
    : options.write
      ? []
      : tests.filter(({ path }) => failures.has(path))
  if (options.check) differences += differing.length
  for (const { path } of differing.slice(0, 60))
    console.log(`  ${path}: ${failures.get(path) ?? 'passes now: run pnpm test262 --write'}`)
}
if (options.write) {
  writeFileSync(failuresFile, `${JSON.stringify(failuresBy, null, 2)}\n`)
  const [before] = readFileSync(page, 'utf8').split('<!-- table -->')
  writeFileSync(page, `${before}<!-- table -->\n\n${ratesOf(tests, failuresBy)}\n`)
}
process.exit(differences > 0 ? 1 : 0)
