import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, it } from 'vitest'
import { plotsOf, textOf } from '../apps/bench/src/page.ts'
import { drawPlot } from '../apps/bench/src/plots.ts'
import type { Results } from '../apps/bench/src/results.ts'

const BENCH = fileURLToPath(new URL('../apps/bench/src/main.ts', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'glovebox-bench-test-'))
afterAll(() => rmSync(folder, { recursive: true }))

const bench = (...args: string[]) => spawnSync(process.execPath, [BENCH, ...args], { encoding: 'utf8' })
const fileOf = (name: string, results: Results): string => {
  writeFileSync(join(folder, name), JSON.stringify(results))
  return join(folder, name)
}

/** Figures of two engines, in a run in which the round trip of a pipe took `pipe` µs. */
function resultsWith({ pipe = 40, call = 120 } = {}): Results {
  const end = { endedMs: 1_000, stalledMs: 5, recovers: true }
  return {
    date: '2026-11-30T00:00:00.000Z',
    machine: { node: 'v24.0.0', processor: 'a processor', cores: 2, memoryGB: 8, system: 'linux', load: [0, 0, 0] },
    minutes: 1,
    contenders: [
      {
        id: 'quickjs',
        kind: 'ours',
        name: 'Glovebox, QuickJS',
        version: '1',
        containment: 'contained',
        engine: 'quickjs',
      },
      {
        id: 'other',
        kind: 'peer',
        name: 'other',
        version: '2',
        containment: 'contained',
        engine: 'v8',
        note: 'It is slow.',
      },
    ],
    floor: { pipe: [pipe, pipe * 1.5], thread: [50] },
    rows: { call: { quickjs: [call, call * 2, call * 3], other: [call * 8] } },
    cold: { quickjs: [150], other: { missing: 'it did not start' } },
    memory: { quickjs: { startMB: 100, peakMB: 130 }, other: { startMB: 90, peakMB: 900 } },
    loads: { quickjs: [{ concurrency: 1, p50: 22, p95: 25, p99: 30, min: 20, perSecond: 45 }] },
    blocks: { quickjs: [1, 1.1] },
    calls: { quickjs: [{ count: 10, µs: 120 }] },
    catalogs: [{ tools: 10, firstMs: 2, warmMs: 0.4 }],
    hostile: {
      quickjs: { 'endless loop': end },
      other: { 'endless loop': { ...end, stalledMs: 900 }, 'array of a billion': { missing: 'its process ended' } },
    },
  }
}

describe('the page of the benchmark', () => {
  const text = textOf(resultsWith())

  it('has each figure with its spread and its ratio', () => {
    expect(text).toContain('| one tool call, of 100 in sequence | 240 µs (120–360) 1× | 960 µs 4× |')
    expect(text).toContain('| import to first result | 150 ms 1× | – (it did not start) |')
    expect(text).toContain('`quickjs` 3, `other` 24')
  })

  it('counts a program as contained only if its host stays responsive and recovers', () => {
    expect(text).toContain('| contained | **1 of 8** | **0 of 8** |')
    expect(text).toContain('✗ 1,000 ms, host stood still for 900 ms')
    expect(text).toContain('✗ its process ended')
  })

  it('says when the machine was noisy', () => {
    expect(text).not.toContain('noisy')
    expect(textOf({ ...resultsWith(), floor: { pipe: [20, 60], thread: [50] } })).toContain('noisy')
  })

  it('has plots as SVG', () => {
    for (const plot of Object.values(plotsOf(resultsWith()))) expect(drawPlot(plot)).toMatch(/^<svg .*<\/svg>$/s)
  })
})

describe('the benchmark', () => {
  it('measures an engine, and shows what it measures', () => {
    const file = join(folder, 'results.json')
    const { status, stderr } = bench('--quick', '--engine', 'quickjs', '--row', 'ready', '--json', file)
    expect(status).toBe(0)
    expect(stderr).toContain('ready: round 3 of 3')
    const { rows, floor } = JSON.parse(readFileSync(file, 'utf8')) as Results
    expect(rows.ready?.quickjs).toHaveLength(3)
    expect(Math.min(...floor.pipe)).toBeGreaterThan(0)
  }, 60_000)

  it('refuses engines, rows and factors that do not exist, and a page without all rows', () => {
    expect(bench('--row', 'reday').stderr).toContain('Unknown row reday: one of call, ready,')
    expect(bench('--engine', 'quickjs', 'v9').stderr).toContain('Unknown engine v9')
    expect(bench('--page', '--row', 'call').stderr).toContain('leave out --row')
    const { status, stderr } = bench('compare', 'a', 'b', '--factor', 'much')
    expect([status, stderr]).toEqual([1, expect.stringContaining('It must be a number above 0')])
  })

  it('compares ratios, so that a slower machine is no regression', () => {
    const before = fileOf('before.json', resultsWith())
    expect(bench('compare', before, fileOf('slower.json', resultsWith({ pipe: 80, call: 240 }))).status).toBe(0)
    const worse = bench('compare', before, fileOf('worse.json', resultsWith({ call: 240 })))
    expect(worse.status).toBe(1)
    expect(worse.stdout).toMatch(/✗ quickjs, call +3\.0 +6\.0 +2\.00 ×/)
    const missing = { ...resultsWith(), rows: { call: { quickjs: { missing: 'it did not start' } } } }
    expect(bench('compare', before, fileOf('missing.json', missing)).status).toBe(1)
  })
})
