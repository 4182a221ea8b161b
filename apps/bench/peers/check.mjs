/**
 * Checks each driver, or those named as arguments: `node check.mjs [driver...]`.
 * Each driver runs in a process of its own, which has to end by itself after close().
 */
import { spawn } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { isDeepStrictEqual } from 'node:util'

const TIME_OF_CHECK_MS = 50_000
const TIME_TO_END_MS = 5000
const drivers = new URL('./drivers/', import.meta.url)

/** @param {string} id */
const load = async (id) => (await import(new URL(`${id}.mjs`, drivers).href)).default

/** Checks one driver in this process and reports to the parent. */
const checkOne = async (/** @type {string} */ id) => {
  /** @type {string[]} */
  const failed = []
  const rows = Array.from({ length: 1000 }, (_, index) => ({ id: index, name: `row ${index}`, even: index % 2 === 0 }))
  const tools = {
    echo: (/** @type {unknown} */ input) => input,
    add: (/** @type {{ a: number, b: number }} */ { a, b }) => a + b,
    rows: () => rows,
    wait: () => new Promise((resolve) => setTimeout(resolve, 20, 'waited')),
  }
  const start = performance.now()
  const driver = await load(id)
  const engine = await driver.create(tools, { timeoutMs: 30_000, memoryBytes: 64 * 1024 * 1024 })
  /** @param {string} what @param {() => Promise<void>} check */
  const check = async (what, check) => {
    try {
      await check()
    } catch (error) {
      failed.push(`${what}: ${error instanceof Error ? error.message : error}`)
    }
  }
  /** @param {string} body @param {unknown} expected */
  const expect = async (body, expected) => {
    const value = await engine.run(body)
    // As JSON, because a value may come from another realm.
    const json = value === undefined ? undefined : JSON.parse(JSON.stringify(value))
    if (!isDeepStrictEqual(json, expected)) {
      throw new Error(
        `${String(JSON.stringify(json)).slice(0, 200)} instead of ${JSON.stringify(expected).slice(0, 200)}`,
      )
    }
  }
  await check('return', () => expect('return 1', 1))
  const firstMs = performance.now() - start
  await check('call', () => expect('return await tools.add({ a: 2, b: 3 })', 5))
  await check('echo', () => expect('return await tools.echo({ a: [1, "x", null] })', { a: [1, 'x', null] }))
  await check('rows', () =>
    expect('const rows = await tools.rows({})\nreturn rows.filter((row) => row.even).length', 500),
  )
  await check('large result', () => expect('return await tools.rows({})', rows))
  await check('comment at the end', () => expect('return 2 // two', 2))
  await check('ten calls in sequence', () =>
    expect('let sum = 0\nfor (let i = 0; i < 10; i++) sum = await tools.add({ a: sum, b: i })\nreturn sum', 45),
  )
  const parallelStart = performance.now()
  await check('ten calls in parallel', () =>
    expect('return (await Promise.all(Array.from({ length: 10 }, () => tools.wait({})))).length', 10),
  )
  const parallelMs = performance.now() - parallelStart
  await check('rejection', async () => {
    const value = await engine.run("throw new Error('x')").then(
      () => 'resolved',
      () => 'rejected',
    )
    if (value !== 'rejected') throw new Error('It resolved.')
  })
  await check('fresh sandbox', async () => {
    await expect('globalThis.left = 1\nreturn typeof globalThis.left', 'number')
    await expect('return typeof globalThis.left', 'undefined')
  })
  const manyStart = performance.now()
  await check('50 runs at once', async () => {
    await Promise.all(
      Array.from({ length: 50 }, (_, index) => expect(`return await tools.add({ a: ${index}, b: 1 })`, index + 1)),
    )
  })
  const manyMs = performance.now() - manyStart
  await check('close', () => engine.close())
  const { name, version, containment } = driver
  process.send?.({ name, version, containment, failed, firstMs, parallelMs, manyMs })
  process.disconnect?.()
}

/**
 * Checks one driver in a process of its own.
 * @param {string} id
 * @returns {Promise<boolean>}
 */
const checkInProcess = async (id) => {
  const { nodeFlags } = await load(id)
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [...nodeFlags, fileURLToPath(import.meta.url), '--one', id], {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    })
    /** @type {any} */
    let report
    let problem = ''
    const stop = (/** @type {string} */ reason) => {
      problem = reason
      child.kill('SIGKILL')
    }
    let timer = setTimeout(stop, TIME_OF_CHECK_MS, `It was not done after ${TIME_OF_CHECK_MS} ms.`)
    child.on('message', (message) => {
      report = message
      clearTimeout(timer)
      timer = setTimeout(stop, TIME_TO_END_MS, `Its process did not end within ${TIME_TO_END_MS} ms after close().`)
    })
    child.on('exit', (code, signal) => {
      clearTimeout(timer)
      const failed = [...(report?.failed ?? [])]
      if (problem !== '') failed.push(problem)
      else if (report === undefined || code !== 0) failed.push(`Its process ended with ${signal ?? code}.`)
      const times = report
        ? `first result ${Math.round(report.firstMs)} ms, ten waits ${Math.round(report.parallelMs)} ms, 50 at once ${Math.round(report.manyMs)} ms`
        : ''
      const what = report ? `${report.name} ${report.version} (${report.containment})` : ''
      console.log(`${failed.length === 0 ? 'ok  ' : 'FAIL'} ${id} ${what} ${times} ${failed.join('; ')}`.trimEnd())
      resolve(failed.length === 0)
    })
  })
}

const [first, ...others] = process.argv.slice(2)
if (first === '--one') {
  await checkOne(others[0])
} else {
  const named = first === undefined ? [] : [first, ...others]
  const all = readdirSync(drivers)
    .filter((file) => file.endsWith('.mjs'))
    .map((file) => file.slice(0, -'.mjs'.length))
  let good = true
  for (const id of named.length > 0 ? named : all) good = (await checkInProcess(id)) && good
  process.exitCode = good ? 0 : 1
}
