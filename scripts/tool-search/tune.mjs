/**
 * Chooses the parameters of the tool search by cross-validation: `node scripts/tool-search/tune.mjs SERVERS TASKS`. Takes
 * about a minute.
 */
import { readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { DEFAULT_RANKING } from '../../packages/core/src/search/ranking-parameters.ts'
import { ToolIndex } from '../../packages/core/src/search/tool-index.ts'
import { progress, tableOf } from '../report.mjs'

const HELP = `Usage: node scripts/tool-search/tune.mjs [--samples N] [--folds N] [--repeats N] SERVERS.json TASKS.json

Tries parameters of the tool search, and prints how good each value is, and how good the parameters that
cross-validation chooses are for tasks that were not used to choose them.

  SERVERS.json   [{ name, description, tools: [{ name, description, inputSchema }] }]
  TASKS.json     [{ question, steps: [text], tools: [name] }]

  --samples N    number of parameter sets that are tried (default: 200)
  --folds N      number of folds of the tasks (default: 7)
  --repeats N    number of random partitions into folds (default: 10)
  --help         print this help`

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    samples: { type: 'string', default: '200' },
    folds: { type: 'string', default: '7' },
    repeats: { type: 'string', default: '10' },
    help: { type: 'boolean', default: false },
  },
})
if (options.help || positionals.length !== 2) {
  console.log(HELP)
  process.exit(options.help ? 0 : 2)
}
const [servers, tasks] = positionals.map((path) => JSON.parse(readFileSync(path, 'utf8')))
const [samples, folds, repeats] = [options.samples, options.folds, options.repeats].map(Number)

/** Values that are tried. They are few and far apart, so that chance does not choose between them. */
const GRID = {
  name: [1.5, 2, 3],
  namespace: [0.5, 1, 2],
  parameters: [0.25, 0.5, 1],
  provider: [0.25, 0.5, 1],
  lengthNormalization: [0.3, 0.5, 0.7],
  saturation: [1, 1.5, 2],
  synonymWeight: [0, 0.3, 0.5, 0.7],
  prefixWeight: [0, 0.2, 0.4, 0.6],
  similarWeight: [0, 0.5, 0.8],
  nameBonus: [0, 0.5, 1, 1.5],
  minCoverage: [0, 0.1, 0.15, 0.2],
}

let seed = 1
/** Returns an integer from 0 to `below - 1`. The sequence is the same in each run. */
function random(below) {
  seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0
  return Math.floor((seed / 2 ** 32) * below)
}

function rankingOf({ name, namespace, parameters, provider, ...others }) {
  return { ...DEFAULT_RANKING, ...others, fieldWeights: { name, namespace, description: 1, parameters, provider } }
}

const textOf = (value) => (typeof value === 'string' ? value : undefined)

async function indexOf(ranking) {
  const index = new ToolIndex(ranking)
  for (const { name: server, description, tools } of servers) {
    const documents = tools.map((tool, at) => ({
      path: `${server}.${tool.name}.${at}`,
      name: tool.name,
      description: textOf(tool.description),
      parameters: Object.entries(tool.inputSchema?.properties ?? {}).map(([name, schema]) => ({
        name,
        description: textOf(schema?.description),
      })),
    }))
    await index.setNamespace(server, documents, { description: textOf(description) })
  }
  return index
}

const nameByPath = new Map(
  servers.flatMap(({ name, tools }) => tools.map((tool, at) => [`${name}.${tool.name}.${at}`, tool.name])),
)

function reciprocalRank(names, wanted) {
  const at = names.findIndex((name) => wanted.includes(name))
  return at < 0 ? 0 : 1 / (at + 1)
}

/** Returns, for each task, the first hits of its steps, and the share of its tools among the first ten results. */
async function evaluate(ranking) {
  const index = await indexOf(ranking)
  const search = (query) => index.search(query).matches.map(({ path }) => nameByPath.get(path))
  return tasks.map(({ question, steps, tools }) => {
    const results = steps.map(search)
    const found = new Set([...results, search(question)].flat())
    return {
      hits: results.filter(([first]) => tools.includes(first)).length,
      reciprocal: results.reduce((sum, names) => sum + reciprocalRank(names, tools), 0),
      steps: steps.length,
      recall: tools.filter((tool) => found.has(tool)).length / tools.length,
    }
  })
}

function scoreOf(rows) {
  const sum = (key) => rows.reduce((total, row) => total + row[key], 0)
  const hit = (100 * sum('hits')) / sum('steps')
  const rank = (100 * sum('reciprocal')) / sum('steps')
  const recall = (100 * sum('recall')) / rows.length
  return { hit, rank, recall, total: hit + rank + recall }
}

const mean = (numbers) => numbers.reduce((sum, number) => sum + number, 0) / numbers.length
const deviation = (numbers) => Math.sqrt(mean(numbers.map((number) => (number - mean(numbers)) ** 2)))

/** Chooses each value by its average over all parameter sets, which prefers flat optima to lucky sets. */
function choose(tried, isUsed) {
  const totals = tried.map(({ parameters, rows }) => ({ parameters, total: scoreOf(rows.filter(isUsed)).total }))
  const averageFor = (key, value) =>
    mean(totals.filter(({ parameters }) => parameters[key] === value).map(({ total }) => total))
  return Object.fromEntries(
    Object.entries(GRID).map(([key, values]) => {
      const averages = values.map((value) => averageFor(key, value))
      return [key, values[averages.indexOf(Math.max(...averages))]]
    }),
  )
}

const evaluated = new Map()
async function evaluateOnce(parameters) {
  const key = JSON.stringify(parameters)
  if (!evaluated.has(key)) evaluated.set(key, await evaluate(rankingOf(parameters)))
  return evaluated.get(key)
}

/** Scores each task with the parameters that are chosen by the tasks of the other folds. */
async function crossValidate(tried) {
  const order = tasks.map((_, at) => at)
  for (let at = order.length - 1; at > 0; at--) {
    const other = random(at + 1)
    ;[order[at], order[other]] = [order[other], order[at]]
  }
  const held = []
  for (let fold = 0; fold < folds; fold++) {
    const test = new Set(order.filter((_, at) => at % folds === fold))
    const rows = await evaluateOnce(choose(tried, (_, task) => !test.has(task)))
    held.push(...rows.filter((_, task) => test.has(task)))
  }
  return scoreOf(held)
}

const tried = []
for (let sample = 0; sample < samples; sample++) {
  progress(`${sample} of ${samples} parameter sets`)
  const parameters = Object.fromEntries(
    Object.entries(GRID).map(([key, values]) => [key, values[random(values.length)]]),
  )
  const rows = await evaluate(rankingOf(parameters))
  tried.push({ parameters, rows, score: scoreOf(rows) })
}
progress('')

const cells = ({ hit, rank, recall }) => [hit, rank, recall].map((number) => number.toFixed(1))
const averageOf = (scores) => ({
  hit: mean(scores.map(({ hit }) => hit)),
  rank: mean(scores.map(({ rank }) => rank)),
  recall: mean(scores.map(({ recall }) => recall)),
})
const heads = ['hit@1, %', 'mrr@10, %', 'recall@10, %']

console.log(`Average of the parameter sets that have a value:\n`)
const rows = Object.entries(GRID).flatMap(([key, values]) =>
  values.map((value) => {
    const scores = tried.filter(({ parameters }) => parameters[key] === value).map(({ score }) => score)
    return [key, String(value), ...cells(averageOf(scores))]
  }),
)
console.log(tableOf([['parameter', 'value', ...heads], ...rows]))

const validations = []
for (let repeat = 0; repeat < repeats; repeat++) {
  progress(`${repeat} of ${repeats} partitions`)
  validations.push(await crossValidate(tried))
}
progress('')
const chosen = choose(tried, () => true)
console.log(`\nChosen by all tasks: ${JSON.stringify(chosen)}\n`)
const spread = (key) => deviation(validations.map((score) => score[key])).toFixed(1)
console.log(
  tableOf([
    ['parameters', ...heads],
    ['default', ...cells(scoreOf(await evaluate(DEFAULT_RANKING)))],
    ['chosen by all tasks', ...cells(scoreOf(await evaluateOnce(chosen)))],
    [`chosen by ${folds}-fold cross-validation`, ...cells(averageOf(validations))],
    [`standard deviation of ${repeats} partitions`, spread('hit'), spread('rank'), spread('recall')],
  ]),
)
