/** Navigation of the site. Pages that are not named here follow the named ones of their folder. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { DefaultTheme } from 'vitepress'
import { foldersOfDocs, pageAt, pagesOf, REPOSITORY, root } from './repository.ts'

type Item = DefaultTheme.SidebarItem

const START = ['start', 'faq']
const LAST = ['roadmap']
const GUIDES = [
  'frameworks',
  'mcp-servers',
  'gateway',
  'large-catalogs',
  'type-check',
  'learnt-outputs',
  'approvals',
  'durable-runs',
  'choosing-a-store',
  'replay',
  'choosing-a-sandbox',
  'production',
  'testing',
  'nextjs',
  'docker',
  'bundlers',
  'package-managers',
  'scale-out',
  'add-a-backend',
]
const CONCEPTS = ['how-it-works', 'security-model']
const REFERENCE = [
  'programs',
  'what-a-model-reads',
  'errors',
  'diagnostics',
  'run-log',
  'guarantees',
  'test262',
  'schema-conversion',
  'mcp-servers',
  'gateway',
  'large-catalogs',
  'type-check',
  'benchmarks',
  'proofs',
  'sizes',
]
const PACKAGES = [
  'glovebox',
  'core',
  'quickjs',
  'isolated-vm',
  'workerd',
  'mcp',
  'mcp-server',
  'typecheck',
  'store-sqlite',
  'store-postgres',
  'ai-sdk',
  'openai-agents',
  'langchain',
  'mastra',
  'anthropic',
  'tanstack-ai',
  'opentelemetry',
  'adapter-node',
  'conformance',
  'node-vm',
]

const KNOWN_FOLDERS = ['guides', 'concepts', 'reference', 'decisions']

/** Returns the pages directly in `docs`, except for those that stand last. */
function startPages(): Item[] {
  return pagesOf('docs', START).filter(({ link }) => !LAST.includes(link.slice(1)))
}

/** Returns the README of each package. */
function packagePages(): Item[] {
  const folders = readdirSync(join(root, 'packages')).filter((name) =>
    existsSync(join(root, 'packages', name, 'README.md')),
  )
  const names = [...PACKAGES, ...folders.filter((name) => !PACKAGES.includes(name))]
  return names.map((name) => pageAt(`packages/${name}/README.md`))
}

function docsSidebar(): Item[] {
  const others = foldersOfDocs().filter((name) => !KNOWN_FOLDERS.includes(name))
  return [
    { text: 'Start', items: startPages() },
    { text: 'Guides', items: pagesOf('docs/guides', GUIDES) },
    { text: 'Concepts', items: pagesOf('docs/concepts', CONCEPTS) },
    { text: 'Reference', items: [...pagesOf('docs/reference', REFERENCE), { text: 'API', link: '/api/' }] },
    { text: 'Packages', collapsed: true, items: packagePages() },
    ...others.map((name) => ({
      text: name.charAt(0).toUpperCase() + name.slice(1).replaceAll('-', ' '),
      items: pagesOf(`docs/${name}`),
    })),
    { text: 'Decisions', collapsed: true, items: pagesOf('docs/decisions', ['README']) },
    ...LAST.map((name) => pageAt(`docs/${name}.md`)),
  ]
}

/** Returns the modules that TypeDoc lists, or none before its first run. The main package stands first. */
function apiModules(): Item[] {
  const file = join(root, 'site/api/typedoc-sidebar.json')
  const modules: Item[] = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : []
  return [...modules.filter(({ text }) => text === 'glovebox'), ...modules.filter(({ text }) => text !== 'glovebox')]
}

/** Returns the sidebars of the API reference: the modules on its first page, and the members on the pages of a module. */
function apiSidebars(): DefaultTheme.SidebarMulti {
  const modules = apiModules()
  const overview = { text: 'API reference', link: '/api/', items: modules.map(({ text, link }) => ({ text, link })) }
  const members = modules.map(({ text, link, items = [] }) => [
    link,
    [
      { text: 'API reference', link: '/api/' },
      { text, items: [{ text: 'Overview', link }] },
      ...items.map(({ text, items }) => ({ text, items })),
    ],
  ])
  return { ...Object.fromEntries(members), '/api/': [overview] }
}

export const sidebar = (): DefaultTheme.SidebarMulti => ({ ...apiSidebars(), '/': docsSidebar() })

interface OlderVersion {
  readonly version: string
  readonly url: string
}

/** Returns the menu of versions: this one, the older ones in `versions.json`, and what has changed. */
function versionsMenu(): DefaultTheme.NavItem {
  const { version } = JSON.parse(readFileSync(join(root, 'packages/core/package.json'), 'utf8'))
  const older: OlderVersion[] = JSON.parse(readFileSync(join(root, 'site/versions.json'), 'utf8'))
  return {
    text: `v${version}`,
    items: [
      {
        text: 'Versions',
        items: [
          { text: `v${version} (this one)`, link: '/', activeMatch: '^$' },
          // The target keeps the router of this site away from other sites of the same host.
          ...older.map(({ version, url }) => ({ text: `v${version}`, link: url, target: '_self' })),
        ],
      },
      {
        text: 'Changes',
        items: [
          { text: 'Releases', link: `${REPOSITORY}/releases` },
          { text: 'Unreleased changes', link: `${REPOSITORY}/tree/main/.changeset` },
        ],
      },
    ],
  }
}

export const nav = (): DefaultTheme.NavItem[] => [
  { text: 'Start', link: '/start', activeMatch: '^/start' },
  { text: 'Guides', link: '/guides/frameworks', activeMatch: '^/guides/' },
  { text: 'Concepts', link: '/concepts/how-it-works', activeMatch: '^/concepts/' },
  {
    text: 'Reference',
    activeMatch: '^/(?:reference|api|packages)/',
    items: [
      { text: 'API', link: '/api/', activeMatch: '^/api/' },
      ...pagesOf('docs/reference', REFERENCE),
      { text: 'Packages', link: '/packages/glovebox', activeMatch: '^/packages/' },
    ],
  },
  { text: 'Decisions', link: '/decisions/', activeMatch: '^/decisions/' },
  { text: 'Roadmap', link: '/roadmap', activeMatch: '^/roadmap' },
  versionsMenu(),
]
