/** The MCP servers of `pnpm real-servers`: packages of the npm registry with exact versions, and how to start them. */
import { join } from 'node:path'
import { PROGRAMS } from './programs.mjs'

/**
 * @typedef {object} Server
 * @property {string} name namespace of the tools
 * @property {string} package name of the npm package
 * @property {string} version exact version
 * @property {(place: Place) => string[]} [args] arguments of the server
 * @property {(place: Place) => Record<string, string>} [env] environment variables, with dummy credentials
 * @property {import('./programs.mjs').Program} [program] program that uses several tools
 * @property {boolean} [needsBrowser] whether the program needs Chromium
 *
 * @typedef {object} Place
 * @property {string} folder empty folder of the server, which is its working directory
 * @property {string} url URL of the local HTTP server
 * @property {string} chromium path of Chromium
 */

const KEY = 'dummy-0000000000000000'

/** @type {readonly Omit<Server, 'program'>[]} */
const TABLE = [
  { name: 'everything', package: '@modelcontextprotocol/server-everything', version: '2026.8.31' },
  {
    name: 'filesystem',
    package: '@modelcontextprotocol/server-filesystem',
    version: '2026.8.31',
    args: ({ folder }) => [folder],
  },
  {
    name: 'memory',
    package: '@modelcontextprotocol/server-memory',
    version: '2026.8.31',
    env: ({ folder }) => ({ MEMORY_FILE_PATH: join(folder, 'memory.jsonl') }),
  },
  { name: 'thinking', package: '@modelcontextprotocol/server-sequential-thinking', version: '2026.8.31' },
  {
    name: 'git',
    package: '@cyanheads/git-mcp-server',
    version: '2.15.3',
    env: () => ({ GIT_USERNAME: 'Ada', GIT_EMAIL: 'ada@example.com', GIT_SIGN_COMMITS: 'false' }),
  },
  {
    name: 'sqlite',
    package: '@bytebase/dbhub',
    version: '1.4.0',
    args: ({ folder }) => ['--dsn', `sqlite://${join(folder, 'books.db')}`],
  },
  { name: 'pdf', package: '@sylphx/pdf-reader-mcp', version: '2.4.0' },
  { name: 'excel', package: '@negokaz/excel-mcp-server', version: '0.12.0' },
  {
    name: 'playwright',
    package: '@playwright/mcp',
    version: '0.0.83',
    needsBrowser: true,
    args: ({ chromium }) => ['--headless', '--isolated', '--no-sandbox', '--executable-path', chromium],
  },
  {
    name: 'devtools',
    package: 'chrome-devtools-mcp',
    version: '1.11.0',
    needsBrowser: true,
    args: ({ chromium }) => [
      '--headless',
      '--isolated',
      '--executablePath',
      chromium,
      '--chromeArg=--no-sandbox',
      '--no-usage-statistics',
    ],
  },
  { name: 'desktop', package: '@wonderwhy-er/desktop-commander', version: '0.2.52' },
  { name: 'runner', package: 'mcp-server-code-runner', version: '0.1.8' },
  { name: 'time', package: 'time-mcp', version: '1.0.6' },
  { name: 'calc', package: '@coo-quack/calc-mcp', version: '2.1.1' },
  {
    name: 'tasks',
    package: '@kazuph/mcp-taskmanager',
    version: '1.1.1',
    env: ({ folder }) => ({ TASK_MANAGER_FILE_PATH: join(folder, 'tasks.json') }),
  },
  { name: 'eslint', package: '@eslint/mcp', version: '0.3.13' },
  { name: 'fetcher', package: 'mcp-fetch-server', version: '1.1.2' },
  {
    name: 'github',
    package: '@modelcontextprotocol/server-github',
    version: '2025.4.8',
    env: () => ({ GITHUB_PERSONAL_ACCESS_TOKEN: KEY }),
  },
  {
    name: 'maps',
    package: '@modelcontextprotocol/server-google-maps',
    version: '0.6.2',
    env: () => ({ GOOGLE_MAPS_API_KEY: KEY }),
  },
  {
    name: 'slack',
    package: '@modelcontextprotocol/server-slack',
    version: '2025.4.25',
    env: () => ({ SLACK_BOT_TOKEN: `xoxb-${KEY}`, SLACK_TEAM_ID: 'T00000000' }),
  },
  { name: 'airtable', package: 'airtable-mcp-server', version: '1.14.0', env: () => ({ AIRTABLE_API_KEY: KEY }) },
  { name: 'exa', package: 'exa-mcp-server', version: '3.4.1', env: () => ({ EXA_API_KEY: KEY }) },
  {
    name: 'figma',
    package: 'figma-developer-mcp',
    version: '0.13.2',
    args: () => ['--stdio'],
    env: () => ({ FIGMA_API_KEY: KEY }),
  },
  {
    name: 'hubspot',
    package: '@hubspot/mcp-server',
    version: '0.4.0',
    env: () => ({ PRIVATE_APP_ACCESS_TOKEN: KEY }),
  },
  { name: 'kubernetes', package: 'mcp-server-kubernetes', version: '4.1.7' },
  { name: 'mobile', package: '@mobilenext/mobile-mcp', version: '1.0.4' },
  { name: 'notion', package: '@notionhq/notion-mcp-server', version: '2.5.2', env: () => ({ NOTION_TOKEN: KEY }) },
  { name: 'sentry', package: '@sentry/mcp-server', version: '0.39.0', args: () => [`--access-token=${KEY}`] },
  { name: 'microsoft', package: '@softeria/ms-365-mcp-server', version: '0.155.0' },
  { name: 'tavily', package: 'tavily-mcp', version: '0.2.22', env: () => ({ TAVILY_API_KEY: `tvly-${KEY}` }) },
  { name: 'context7', package: '@upstash/context7-mcp', version: '4.1.1' },
  {
    name: 'gitlab',
    package: '@zereight/mcp-gitlab',
    version: '2.1.64',
    env: () => ({ GITLAB_PERSONAL_ACCESS_TOKEN: KEY }),
  },
  { name: 'mongodb', package: 'mongodb-mcp-server', version: '3.0.4', env: () => ({ MDB_MCP_TELEMETRY: 'disabled' }) },
  { name: 'firecrawl', package: 'firecrawl-mcp', version: '3.26.0', env: () => ({ FIRECRAWL_API_KEY: `fc-${KEY}` }) },
  { name: 'charts', package: '@antv/mcp-server-chart', version: '0.9.10' },
  {
    name: 'brave',
    package: '@brave/brave-search-mcp-server',
    version: '2.1.4',
    env: () => ({ BRAVE_API_KEY: KEY }),
  },
]

/** @type {readonly Server[]} */
export const SERVERS = TABLE.map((server) => {
  const program = PROGRAMS[server.name]
  return program === undefined ? server : { ...server, program }
})
