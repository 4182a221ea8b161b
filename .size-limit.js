/** How large the packages may be: what a host that bundles one ships, and what a host that installs one gets of ours. */
import { readFileSync } from 'node:fs'

const KB = 1_000

/**
 * In kB: bundled, minified and compressed with gzip, without what its user brings and what is loaded for programs with
 * types alone; and as published.
 */
const LIMITS = {
  'ai-sdk': [200, 11],
  anthropic: [200, 4],
  conformance: [230, 160],
  core: [125, 7_755],
  glovebox: [370, 25],
  'isolated-vm': [170, 35],
  langchain: [200, 5],
  mastra: [200, 5],
  mcp: [240, 11],
  node: [100, 13],
  'node-vm': [165, 8],
  'openai-agents': [200, 5],
  opentelemetry: [2, 4],
  quickjs: [165, 30],
  'tanstack-ai': [200, 4],
  workerd: [185, 60],
}

const manifestOf = (folder) =>
  JSON.parse(readFileSync(new URL(`packages/${folder}/package.json`, import.meta.url), 'utf8'))

export default Object.entries(LIMITS).flatMap(([folder, [bundled, published]]) => {
  const { name, exports, peerDependencies = {} } = manifestOf(folder)
  return [
    {
      name: `${name}, bundled`,
      path: `packages/${folder}/${exports['.'].default}`,
      limit: `${bundled * KB} B`,
      gzip: true,
      ignore: ['#typescript', ...Object.keys(peerDependencies).flatMap((peer) => [peer, `${peer}/*`])],
      modifyEsbuildConfig: (config) => ({ ...config, platform: 'node', format: 'esm', logLevel: 'error' }),
    },
    {
      name: `${name}, as published`,
      path: `packages/${folder}/dist/**`,
      limit: `${published * KB} B`,
      brotli: false,
      disablePlugins: ['@size-limit/esbuild'],
    },
  ]
})
