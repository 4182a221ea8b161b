import { mkdirSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { HostileEnd } from './contestant.ts'
import { drawPlot, type Plot } from './plots.ts'
import {
  isMissing,
  type LoadFigures,
  type MemoryFigures,
  type Missing,
  type PerContender,
  type Results,
} from './results.ts'
import { median } from './stats.ts'
import { HOSTILE, ROWS } from './workload.ts'

type Contender = Results['contenders'][number]

const PAGE = fileURLToPath(new URL('../../../docs/reference/benchmarks.md', import.meta.url))
const FIGURES = fileURLToPath(new URL('../../../docs/reference/benchmarks/', import.meta.url))
/** Above this ratio of the largest to the smallest median of the pipe, the machine counts as noisy. */
const NOISY = 2
/** A program counts as stopped if the engine reports its end in this time. Its limit is 1 s. */
const STOPPED_MS = 5_000
const STALL_MS = 250

/** Writes the page and its plots from the figures of one run. */
export function writePage(results: Results): void {
  mkdirSync(FIGURES, { recursive: true })
  for (const [name, plot] of Object.entries(plotsOf(results))) writeFileSync(`${FIGURES}${name}.svg`, drawPlot(plot))
  writeFileSync(PAGE, textOf(results))
}

/** Returns the text of the page. */
export function textOf(results: Results): string {
  const { machine, contenders, floor } = results
  const contained = contenders.filter(({ containment }) => containment === 'contained')
  const others = contenders.filter(({ containment, kind }) => containment !== 'contained' && kind !== 'floor')
  const floors = contenders.filter(({ kind }) => kind === 'floor')
  const [low, high] = [Math.min(...floor.pipe), Math.max(...floor.pipe)]
  const noisy = high / low > NOISY ? ' That is a noisy machine: compare the smallest figures.' : ''
  return `# Benchmarks

Glovebox beside other engines that run programs of models. Every engine creates a new sandbox for each program, has the same tools and
the same limits, and runs in a process of its own. The engines take turns within each round, so that what the machine does at that time
affects all of them.

Measured on ${results.date.slice(0, 10)} with Node ${machine.node.slice(1)} on ${machine.cores} × ${machine.processor} with ${machine.memoryGB} GB, ${machine.system}; load before
the run ${machine.load.map((each) => each.toFixed(1)).join(', ')}; ${results.minutes.toFixed(0)} minutes. A figure is the median of the medians of ${rounds(results)} rounds, with the smallest and largest of them in
parentheses, and then its multiple of the figure of Glovebox on QuickJS.

Calibration: 200 bytes to a child process that reads its pipe blocking and back took ${low.toFixed(0)} µs at best, ${median(floor.pipe).toFixed(0)} µs in the median and
${high.toFixed(0)} µs at worst; to a thread and back ${Math.min(...floor.thread).toFixed(0)}, ${median(floor.thread).toFixed(0)} and ${Math.max(...floor.thread).toFixed(0)} µs.${noisy}

## Engines that contain hostile programs

By design, a program cannot end or freeze the host of these engines.

${figuresTable(results, contained)}

One call as a multiple of the smallest round trip of a pipe (${low.toFixed(0)} µs), smallest medians on both sides: ${multiples(results, contained, low)}.

## Engines in the process of their host

Programs can end or freeze the host of these engines, so they need no second process or thread. The first column is for comparison.

${figuresTable(results, [contenders[0] as Contender, ...others])}

## Bare engines

What engines are built on, without limits, validation or a protocol: the floor.

${figuresTable(results, floors)}

## Hostile programs

Each program has a process of its own and limits of 1 s and 64 MB. It is contained if the engine reports its end within 5 s, the event
loop of the host never stands still for ${STALL_MS} ms, and the engine runs a program afterwards. The times are until the engine reported the end.

${hostileTable(results)}

## Many programs at once

Each program waits 20 ms for a tool. In ms: median, 95th and 99th percentile; then programs per second.

${loadTable(results)}

![Latency by concurrency](benchmarks/concurrency.svg)

## Cost by size

![Cost of a call by the number of calls](benchmarks/calls.svg)

![Time of a program over ten thousand programs](benchmarks/programs.svg)

![Time by size of values](benchmarks/values.svg)

![Declarations by size of the catalog](benchmarks/catalogs.svg)

${catalogTable(results)}

${convertersText(results)}

## Where others are faster

- **Calls of engines in their host's process.** Their programs call a tool without a message to a thread or process. Here a call wakes the
  other side and is woken by it, which takes 20 to 90 µs on a virtual machine, depending on whether both run on the same processor. The host
  itself takes about 30 µs for a call, and a guest 20 µs (V8) to 60 µs (QuickJS).
- **Start of engines without a thread or process.** Starting Node takes 75 ms on isolated-vm, whose process must not use Node's snapshot, and
  a thread about 40 ms.
- **Programs in a row on isolated-vm.** Each has a new isolate, which takes 2.9 ms: 1.0 for the isolate, 0.3 for its context, 0.5 for the
  compiled code of the runtime and 1.1 for the runtime itself.
- **Large values and computing on QuickJS.** It interprets: use \`isolatedVm()\` or \`workerd()\` for programs that compute.

## Engines

${contenders.map(({ id, name, version, engine, note }) => `- \`${id}\`: ${name} ${version}${engine === id ? '' : `, on ${engine}`}.${note ? ` ${note}` : ''}`).join('\n')}

## Run it

\`\`\`sh
(cd apps/bench/peers && npm ci)     # the other engines, about 1.8 GB; without them, only Glovebox is measured
npx -y pnpm@12.21.0 bench:page      # writes this page
npx -y pnpm@12.21.0 bench --help    # single rows or engines, figures as JSON
npx -y pnpm@12.21.0 bench compare before.json after.json
\`\`\`

\`compare\` looks only at ratios to the round trip of a pipe in the same run, so that runs of two machines can be compared.
`
}

const rounds = ({ rows }: Results): number =>
  Math.max(
    0,
    ...Object.values(rows).flatMap((row) => Object.values(row).map((each) => (isMissing(each) ? 0 : each.length))),
  )

/** A table with a line for each row of the benchmark, and a column for each engine. */
function figuresTable(results: Results, columns: readonly Contender[]): string {
  const line = (title: string, unit: string, figures: PerContender<readonly number[]>): string[] => {
    const ours = valueOf(figures.quickjs)
    return [title, ...columns.map(({ id }) => cell(figures[id], unit, ours))]
  }
  const rows = ROWS.filter(({ id }) => id in results.rows).map(({ id, title, unit }) =>
    line(title, unit, results.rows[id] as PerContender<readonly number[]>),
  )
  const memory = (pick: keyof MemoryFigures) =>
    Object.fromEntries(
      Object.entries(results.memory).map(([id, each]) => [
        id,
        isMissing(each) ? each : each[pick] === undefined ? [] : [each[pick]],
      ]),
    ) as PerContender<readonly number[]>
  return table(
    ['', ...columns.map(({ id }) => `\`${id}\``)],
    [
      ...rows,
      line('import to first result', 'ms', results.cold),
      line('memory after the first program', 'MB', memory('startMB')),
      line('highest memory, 50 programs at once', 'MB', memory('peakMB')),
      line('memory 30 s after them', 'MB', memory('restMB')),
      line('highest memory, 200 programs that wait', 'MB', memory('waitingMB')),
    ],
  )
}

const valueOf = (figure: readonly number[] | Missing | undefined): number | undefined =>
  figure === undefined || isMissing(figure) || figure.length === 0 ? undefined : median(figure)

function cell(figure: readonly number[] | Missing | undefined, unit: string, ours: number | undefined): string {
  const value = valueOf(figure)
  if (value === undefined || figure === undefined || isMissing(figure))
    return figure !== undefined && isMissing(figure) ? `– (${figure.missing.slice(0, 60).replaceAll('|', '/')})` : '–'
  const spread = figure.length > 1 ? ` (${short(Math.min(...figure))}–${short(Math.max(...figure))})` : ''
  const ratio = ours === undefined ? '' : ` ${short(value / ours)}×`
  return unit === '×' ? `${short(value)}×${spread}` : `${short(value)} ${unit}${spread}${ratio}`
}

function multiples({ rows }: Results, columns: readonly Contender[], pipe: number): string {
  return columns
    .flatMap(({ id }) => {
      const figure = rows.call?.[id]
      return figure === undefined || isMissing(figure) || figure.length === 0
        ? []
        : [`\`${id}\` ${short(Math.min(...figure) / pipe)}`]
    })
    .join(', ')
}

function isContained(end: HostileEnd | Missing): end is HostileEnd {
  return !isMissing(end) && end.endedMs < STOPPED_MS && end.stalledMs < STALL_MS && end.recovers
}

function hostileTable({ hostile, contenders }: Results): string {
  const columns = contenders.filter(({ id }) => hostile[id] !== undefined && !isMissing(hostile[id]))
  const endOf = (id: string, title: string) => (hostile[id] as { [title: string]: HostileEnd | Missing })[title]
  const mark = (end: HostileEnd | Missing | undefined): string => {
    if (end === undefined || isMissing(end)) return `✗ ${end?.missing ?? ''}`
    const stall = end.stalledMs >= STALL_MS ? `, host stood still for ${short(end.stalledMs)} ms` : ''
    return `${isContained(end) ? '✓' : '✗'} ${short(end.endedMs)} ms${stall}${end.recovers ? '' : ', runs no further program'}`
  }
  const titles = Object.keys(HOSTILE)
  const contained = columns.map(({ id }) => {
    const ends = titles.map((title) => endOf(id, title))
    return `**${ends.filter((end) => end !== undefined && isContained(end)).length} of ${titles.length}**`
  })
  return table(
    ['', ...columns.map(({ id }) => `\`${id}\``)],
    [
      ['contained', ...contained],
      ...titles.map((title) => [title, ...columns.map(({ id }) => mark(endOf(id, title)))]),
    ],
  )
}

function loadTable({ loads, contenders }: Results): string {
  const all = contenders.filter(({ kind }) => kind !== 'floor')
  const levels = [
    ...new Set(Object.values(loads).flatMap((each) => (isMissing(each) ? [] : each.map((one) => one.concurrency)))),
  ]
  const show = (figures: readonly LoadFigures[], level: number): string => {
    const found = figures.find(({ concurrency }) => concurrency === level)
    if (found === undefined) return ''
    return `${[found.p50, found.p95, found.p99].map(short).join(' / ')}; ${short(found.perSecond)}`
  }
  return table(
    ['', ...levels.map(String)],
    all.map(({ id }) => {
      const figures = loads[id]
      return [
        `\`${id}\``,
        ...levels.map((level) => (figures === undefined || isMissing(figures) ? '–' : show(figures, level))),
      ]
    }),
  )
}

const catalogTable = ({ catalogs }: Results): string =>
  table(
    ['declarations', ...catalogs.map(({ tools }) => `${tools} tools`)],
    [
      ['first time', ...catalogs.map(({ firstMs }) => `${short(firstMs)} ms`)],
      ['warm', ...catalogs.map(({ warmMs }) => `${short(warmMs)} ms`)],
    ],
  )

function convertersText({ converters }: Results): string {
  if (converters === undefined) return ''
  const { tokens, speed } = converters
  const all = tokens.find(({ server }) => server.startsWith('all '))
  const share = (count: number) => `${short((100 * count) / (all?.raw ?? Number.NaN))} %`
  return `Other converters on the same ${all?.tools} tools of real servers, warm, in ms per 1,000 tools:

${table(['', ...speed.map(({ id }) => id)], [['median', ...speed.map(({ p50, ratio }) => `${short(p50)} ms ${short(ratio)}×`)]])}

Tokens (o200k) as a share of the ${all?.raw.toLocaleString('en-US')} of their lists as JSON: declarations in full ${share(all?.full ?? Number.NaN)}, compact ${share(all?.compact ?? Number.NaN)}, signatures
${share(all?.signatures ?? Number.NaN)}; \`@cloudflare/codemode\` ${share(all?.codemode ?? Number.NaN)}.`
}

/** Returns the plots of the page by the names of their files. */
export function plotsOf({ calls, blocks, rows, loads, catalogs, contenders }: Results): { [name: string]: Plot } {
  const shown = contenders.filter(({ kind }) => kind !== 'floor')
  const lines = <Figure>(
    figures: PerContender<readonly Figure[]>,
    point: (figure: Figure, index: number) => readonly [number, number],
  ) =>
    shown.flatMap(({ id }) => {
      const each = figures[id]
      return each === undefined || isMissing(each) || each.length === 0
        ? []
        : [{ name: id, points: (each as readonly Figure[]).map(point) }]
    })
  const sizes: readonly (readonly [row: string, kilobytes: number])[] = [
    ['value-1kB', 1],
    ['value-100kB', 100],
    ['value-1MB', 1_000],
  ]
  return {
    calls: {
      title: 'Cost of a tool call',
      x: 'calls in the program',
      y: 'µs per call',
      xScale: 'log',
      lines: lines(calls, ({ count, µs }) => [count, µs]),
    },
    programs: {
      title: 'Time of a trivial program, ten thousand in a row',
      x: 'programs so far',
      y: 'ms per program',
      lines: lines(blocks, (ms, index) => [(index + 1) * 500, ms]),
    },
    values: {
      title: 'Rows out of a tool, into one, and as result',
      x: 'kB',
      y: 'ms',
      xScale: 'log',
      yScale: 'log',
      lines: shown.map(({ id }) => ({
        name: id,
        points: sizes.flatMap(([row, kilobytes]) => {
          const value = valueOf(rows[row]?.[id])
          return value === undefined ? [] : [[kilobytes, value] as const]
        }),
      })),
    },
    concurrency: {
      title: '95th percentile of programs that wait 20 ms',
      x: 'programs at once',
      y: 'ms',
      xScale: 'log',
      yScale: 'log',
      lines: lines(loads, ({ concurrency, p95 }) => [concurrency, p95]),
    },
    catalogs: {
      title: 'Declarations of real tools',
      x: 'tools',
      y: 'ms',
      xScale: 'log',
      yScale: 'log',
      lines: [
        { name: 'first time', points: catalogs.map(({ tools, firstMs }) => [tools, firstMs] as const) },
        { name: 'warm', points: catalogs.map(({ tools, warmMs }) => [tools, warmMs] as const) },
      ],
    },
  }
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n')
}

/** Three significant digits. */
function short(value: number): string {
  if (!Number.isFinite(value)) return '–'
  if (value >= 1_000) return Math.round(value).toLocaleString('en-US')
  return String(Number(value.toPrecision(value >= 100 ? 3 : 2)))
}
