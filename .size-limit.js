/** How large the packages may be: what a host that bundles one ships, and what a host that installs one gets of ours. */
import { readFileSync } from 'node:fs'

const KB = 1_000

/**
 * In kB: bundled, minified and compressed with gzip, without what its user brings and what is loaded for programs with
 * types, or for patterns that V8 could not match in linear time, alone; and as published.
 */
const LIMITS = {
  'ai-sdk': [234, 12],
  anthropic: [234, 4],
  conformance: [278, 255],
  core: [156, 8_015],
  glovebox: [396, 25],
  'isolated-vm': [177, 55],
  langchain: [234, 5],
  mastra: [234, 8],
  mcp: [251, 20],
  'adapter-node': [85, 36],
  'node-vm': [170, 9],
  'openai-agents': [234, 7],
  opentelemetry: [1, 4],
  quickjs: [174, 30],
  'tanstack-ai': [234, 4],
  workerd: [191, 60],
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
      ignore: ['#typescript', 're2js', ...Object.keys(peerDependencies).flatMap((peer) => [peer, `${peer}/*`])],
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
