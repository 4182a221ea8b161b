/** Size limits of the packages: bundled by a host, and as published. */
import { readFileSync } from 'node:fs'

const KB = 1_000

/**
 * Limits in kB: the bundled package, minified and compressed with gzip, and the published package. Bundles exclude peer
 * dependencies and two libraries that are loaded on demand: for programs with types, and for patterns that V8 cannot
 * match in linear time.
 */
const LIMITS = {
  'ai-sdk': [240, 12],
  anthropic: [238, 4],
  conformance: [284, 257],
  core: [140, 7_700],
  glovebox: [401, 29],
  'isolated-vm': [179, 55],
  langchain: [238, 6],
  mastra: [238, 8],
  mcp: [253, 20],
  'adapter-node': [87, 39],
  'node-vm': [172, 9],
  'openai-agents': [238, 7],
  // Most of the bundle is the part of core that checks options, which every host contains anyway.
  opentelemetry: [32, 4],
  quickjs: [176, 30],
  'store-postgres': [1, 1],
  'store-sqlite': [1, 1],
  'tanstack-ai': [238, 4],
  workerd: [193, 60],
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
