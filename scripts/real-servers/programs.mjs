/** Programs of `pnpm real-servers`, each for one server. They work without a network. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { pdfOf } from './pdf.mjs'
import { emptyWorkbook } from './workbook.mjs'

/**
 * @typedef {object} Program
 * @property {string} what effect of the program, for the page
 * @property {(place: import('./servers.mjs').Place) => void} [prepare] writes the files that the server needs
 * @property {(place: import('./servers.mjs').Place) => string} code text of the program
 * @property {unknown} value value that the program must return
 */

const text = JSON.stringify

/** @type {Readonly<Record<string, Program>>} */
export const PROGRAMS = {
  everything: {
    what: 'echo, sum, structured weather and an image, at the same time',
    code: () => `
      const [echo, sum, weather, image] = await Promise.all([
        everything.echo({ message: 'hi' }),
        everything.getSum({ a: 2, b: 3 }),
        everything.getStructuredContent({ location: 'Chicago' }),
        everything.getTinyImage({}),
      ])
      const picture = image.find((part) => typeof part !== 'string')
      const bytes = await picture.bytes()
      return [echo, sum, weather.conditions, picture.mimeType, [...bytes.slice(1, 4)]]
    `,
    value: ['Echo: hi', 'The sum of 2 and 3 is 5.', 'Light rain / drizzle', 'image/png', [0x50, 0x4e, 0x47]],
  },
  filesystem: {
    what: 'writes, edits, moves, finds and reads files',
    code: ({ folder }) => `
      const root = ${text(folder)}
      await filesystem.createDirectory({ path: root + '/notes' })
      await Promise.all(['a', 'b', 'c'].map((name) =>
        filesystem.writeFile({ path: root + '/notes/' + name + '.txt', content: name + ' one\\n' })))
      await filesystem.editFile({ path: root + '/notes/a.txt', edits: [{ oldText: 'one', newText: 'two' }] })
      await filesystem.moveFile({ source: root + '/notes/c.txt', destination: root + '/notes/d.txt' })
      const found = await filesystem.searchFiles({ path: root, pattern: '**/*.txt' })
      const read = await filesystem.readTextFile({ path: root + '/notes/a.txt' })
      return [found.content.split('\\n').map((file) => file.slice(root.length)), read.content]
    `,
    value: [['/notes/a.txt', '/notes/b.txt', '/notes/d.txt'], 'a two\n'],
  },
  memory: {
    what: 'builds a graph of people and searches it',
    code: () => `
      await memory.createEntities({ entities: ['Ada', 'Charles'].map((name) =>
        ({ name, entityType: 'person', observations: ['lives in London'] })) })
      await memory.createRelations({ relations: [{ from: 'Ada', to: 'Charles', relationType: 'writes to' }] })
      await memory.addObservations({ observations: [{ entityName: 'Ada', contents: ['translates'] }] })
      const { entities } = await memory.searchNodes({ query: 'translates' })
      const graph = await memory.readGraph()
      return [entities.map(({ name, observations }) => [name, observations]), graph.relations]
    `,
    value: [[['Ada', ['lives in London', 'translates']]], [{ from: 'Ada', to: 'Charles', relationType: 'writes to' }]],
  },
  thinking: {
    what: 'three thoughts, one of them in a branch',
    code: () => `
      const base = { totalThoughts: 3, nextThoughtNeeded: true }
      await thinking.sequentialthinking({ ...base, thought: 'first', thoughtNumber: 1 })
      await thinking.sequentialthinking({ ...base, thought: 'second', thoughtNumber: 2 })
      return await thinking.sequentialthinking({
        ...base, thought: 'other', thoughtNumber: 3, branchFromThought: 1, branchId: 'b', nextThoughtNeeded: false,
      })
    `,
    value: {
      thoughtNumber: 3,
      totalThoughts: 3,
      nextThoughtNeeded: false,
      branches: ['b'],
      thoughtHistoryLength: 3,
    },
  },
  git: {
    what: 'creates a repository, commits on a branch, merges it and reads the log',
    prepare: ({ folder }) => {
      writeFileSync(join(folder, 'one.txt'), 'one\n')
      writeFileSync(join(folder, 'two.txt'), 'two\n')
    },
    code: ({ folder }) => `
      const path = ${text(folder)}
      await git.gitInit({ path, initialBranch: 'main' })
      await git.gitAdd({ path, paths: ['one.txt'] })
      await git.gitCommit({ path, message: 'feat: first' })
      await git.gitCheckout({ path, target: 'topic', createBranch: true })
      await git.gitAdd({ path, paths: ['two.txt'] })
      await git.gitCommit({ path, message: 'feat: second' })
      await git.gitCheckout({ path, target: 'main' })
      await git.gitMerge({ path, branch: 'topic' })
      const [log, status] = await Promise.all([git.gitLog({ path }), git.gitStatus({ path })])
      return [log.commits.map(({ subject, author }) => [subject, author]), status.currentBranch, status.isClean]
    `,
    value: [
      [
        ['feat: second', 'Ada'],
        ['feat: first', 'Ada'],
      ],
      'main',
      true,
    ],
  },
  sqlite: {
    what: 'creates a table, inserts rows, queries them and describes the table',
    prepare: ({ folder }) => {
      const database = new DatabaseSync(join(folder, 'books.db'))
      database.exec('CREATE TABLE authors (id INTEGER PRIMARY KEY, name TEXT)')
      database.close()
    },
    code: () => `
      await sqlite.executeSql({ sql: 'CREATE TABLE books (title TEXT, year INTEGER)' })
      await sqlite.executeSql({ sql: "INSERT INTO books VALUES ('Emma', 1815), ('Dracula', 1897), ('Ulysses', 1922)" })
      const rows = await sqlite.executeSql({ sql: 'SELECT title FROM books WHERE year < 1900 ORDER BY year' })
      const columns = await sqlite.searchObjects({ object_type: 'column', table: 'books', schema: 'main' })
      return [rows.data.statements[0].rows.map(({ title }) => title), columns.data.results.map(({ name }) => name)]
    `,
    value: [
      ['Emma', 'Dracula'],
      ['title', 'year'],
    ],
  },
  pdf: {
    what: 'reads the text and the page count of two documents',
    prepare: ({ folder }) => {
      writeFileSync(join(folder, 'one.pdf'), pdfOf(['first page', 'second page']))
      writeFileSync(join(folder, 'two.pdf'), pdfOf(['other document']))
    },
    code: () => `
      const counts = await pdf.readPdf({ sources: [{ path: 'one.pdf' }, { path: 'two.pdf' }], include_page_count: true, include_full_text: true })
      const page = await pdf.readPdf({ sources: [{ path: 'one.pdf', pages: [2] }] })
      const texts = counts[0].results.map(({ data }) => [data.num_pages, data.full_text])
      return [texts, page[0].results[0].data.page_texts]
    `,
    value: [
      [
        [2, 'first page\n\nsecond page'],
        [1, 'other document'],
      ],
      [{ page: 2, text: 'second page' }],
    ],
  },
  excel: {
    what: 'writes a sheet with a formula, copies it and reads it',
    prepare: ({ folder }) => writeFileSync(join(folder, 'sums.xlsx'), emptyWorkbook()),
    code: ({ folder }) => `
      const fileAbsolutePath = ${text(join(folder, 'sums.xlsx'))}
      await excel.excelWriteToSheet({ fileAbsolutePath, sheetName: 'Sums', newSheet: true, range: 'A1:B3', values: [['a', 'b'], [1, 2], [3, '=A2+B2']] })
      await excel.excelCopySheet({ fileAbsolutePath, srcSheetName: 'Sums', dstSheetName: 'Copy' })
      const sheets = await excel.excelDescribeSheets({ fileAbsolutePath })
      const cells = await excel.excelReadSheet({ fileAbsolutePath, sheetName: 'Copy', range: 'A1:B3' })
      return [sheets.sheets.map(({ name }) => name), [...cells.matchAll(/<td>(.*?)<\\/td>/g)].map(([, cell]) => cell)]
    `,
    value: [
      ['Empty', 'Sums', 'Copy'],
      ['a', 'b', '1', '2', '3', '3'],
    ],
  },
  playwright: {
    what: 'opens a page in Chromium, fills in a form, submits it and reads the answer',
    code: ({ url }) => `
      await playwright.browserNavigate({ url: ${text(url)} })
      const snapshot = await playwright.browserSnapshot({})
      await playwright.browserType({ target: '#name', text: 'Ada' })
      await playwright.browserClick({ target: 'button' })
      const answer = await playwright.browserEvaluate({ function: '() => document.querySelector("output").textContent' })
      await playwright.browserClose({})
      return [snapshot.includes('heading "Greeting"'), answer.split('\\n')[1]]
    `,
    value: [true, '"Hello, Ada"'],
  },
  devtools: {
    what: 'opens a page in Chromium, fills in a form by its snapshot and reads the answer',
    code: ({ url }) => `
      const opened = await devtools.newPage({ url: ${text(url)} })
      const pageId = Number(/(\\d+): .*\\[selected\\]/.exec(opened)[1])
      const snapshot = await devtools.takeSnapshot({ pageId })
      const uidOf = (role) => new RegExp('uid=(\\\\S+) ' + role).exec(snapshot)[1]
      await devtools.fill({ pageId, uid: uidOf('textbox'), value: 'Ada' })
      await devtools.click({ pageId, uid: uidOf('button') })
      const answer = await devtools.evaluateScript({ pageId, function: '() => document.querySelector("output").textContent' })
      return JSON.parse(answer.split('\\n')[2])
    `,
    value: 'Hello, Ada',
  },
  desktop: {
    what: 'writes and edits a file, searches it and runs a command on it',
    code: ({ folder }) => `
      const path = ${text(join(folder, 'deep'))}
      await desktop.createDirectory({ path })
      await desktop.writeFile({ path: path + '/a.txt', content: 'alpha\\nbeta\\n' })
      await desktop.editBlock({ file_path: path + '/a.txt', old_string: 'beta', new_string: 'gamma' })
      const read = await desktop.readFile({ path: path + '/a.txt' })
      const ran = await desktop.startProcess({ command: 'wc -l < ' + path + '/a.txt', timeout_ms: 10_000 })
      return [read.split('\\n').slice(-2), ran.split('\\n').find((line) => /^\\d+$/.test(line))]
    `,
    value: [['alpha', 'gamma'], '2'],
  },
  runner: {
    what: 'runs JavaScript and a shell script, at the same time',
    code: () => `
      return await Promise.all([
        runner.runCode({ languageId: 'javascript', code: 'console.log([1, 2, 3].map((n) => n * n).join())' }),
        runner.runCode({ languageId: 'shellscript', code: 'printf "%s" $((6 * 7))' }),
      ])
    `,
    value: ['1,4,9\n', '42'],
  },
  time: {
    what: 'converts a time between zones, counts days and weeks',
    code: () => `
      const answers = await Promise.all([
        time.convertTime({ sourceTimezone: 'Europe/Berlin', targetTimezone: 'Asia/Tokyo', time: '2026-01-15 12:00:00' }),
        time.daysInMonth({ date: '2024-02-10' }),
        time.getWeekYear({ date: '2026-03-05' }),
        time.getTimestamp({ time: '2026-01-01 00:00:00' }),
      ])
      const patterns = [/Tokyo is \\S+ ([\\d:]+)/, /is (\\d+)/, /isoWeek of the year is (\\d+)/, /is (\\d+) ms/]
      return patterns.map((pattern, index) => pattern.exec(answers[index])[1])
    `,
    value: ['20:00:00', '29', '10', '1767225600000'],
  },
  calc: {
    what: 'hashes, encodes, calculates and compares versions in one program',
    code: () => `
      const encoded = await calc.base64({ input: 'glove', action: 'encode' })
      const [decoded, { hash }, sum, { satisfies }, { days }] = await Promise.all([
        calc.base64({ input: String(encoded), action: 'decode' }),
        calc.hash({ input: 'abc', algorithm: 'sha256' }),
        calc.math({ expression: '2 ^ 10 + 5' }),
        calc.semver({ action: 'satisfies', version: '1.4.2', range: '^1.2.0' }),
        calc.date({ action: 'diff', date: '2024-01-01', date2: '2024-03-01', unit: 'days' }),
      ])
      return [encoded, decoded, hash.slice(0, 8), sum, satisfies, days]
    `,
    value: ['Z2xvdmU=', 'glove', 'ba7816bf', '1029', true, 60],
  },
  tasks: {
    what: 'plans two tasks, completes and approves both',
    code: () => `
      const described = [{ title: 'mix', description: 'flour' }, { title: 'heat', description: 'oven' }]
      const { requestId } = await tasks.requestPlanning({ originalRequest: 'bake', tasks: described })
      const titles = []
      for (;;) {
        const { task } = await tasks.getNextTask({ requestId })
        if (task === undefined) break
        titles.push(task.title)
        await tasks.markTaskDone({ requestId, taskId: task.id })
        await tasks.approveTaskCompletion({ requestId, taskId: task.id })
      }
      await tasks.approveRequestCompletion({ requestId })
      const { requests } = await tasks.listRequests()
      return [titles, requests[0].approvedTasks]
    `,
    value: [['mix', 'heat'], 2],
  },
  eslint: {
    what: 'lints two files',
    prepare: ({ folder }) => {
      writeFileSync(
        join(folder, 'eslint.config.mjs'),
        "export default [{ rules: { 'no-undef': 'error', eqeqeq: 'error' } }]\n",
      )
      writeFileSync(join(folder, 'good.mjs'), 'export const one = 1\n')
      writeFileSync(join(folder, 'bad.mjs'), 'export const two = (x) => x == missing\n')
    },
    code: ({ folder }) => `
      const root = ${text(folder)}
      const rulesOf = async (name) => {
        const results = await eslint.lintFiles({ filePaths: [root + '/' + name] })
        return results.find((part) => typeof part !== 'string').messages.map(({ ruleId }) => ruleId)
      }
      return [await rulesOf('good.mjs'), await rulesOf('bad.mjs')]
    `,
    value: [[], ['eqeqeq', 'no-undef']],
  },
}
