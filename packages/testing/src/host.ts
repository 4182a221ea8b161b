import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createRequire } from 'node:module'
import { fileURLToPath, pathToFileURL } from 'node:url'
import type { ProcessBackend } from './process-backend.ts'

interface Packages {
  readonly core: string
  readonly adapter: string
}

/** Returns package names, which a bundler resolves. */
export const named = (backend: ProcessBackend): Packages => ({ core: '@glovebox/core', adapter: backend.package })

/** Returns resolved URLs for a module without a file, which cannot resolve package names. */
function resolved(backend: ProcessBackend): Packages {
  const find = (name: string) => pathToFileURL(createRequire(backend.from).resolve(name)).href
  return { core: find('@glovebox/core'), adapter: find(backend.package) }
}

/** Returns the source of a host module. Its `run(code)` returns the value of a program or its error code. */
export const hostModule = (body: string, backend: ProcessBackend, packages = resolved(backend)): string => `
import { createCodeMode } from ${JSON.stringify(packages.core)}
import { ${backend.factory} } from ${JSON.stringify(packages.adapter)}
const sandbox = ${backend.factory}()
const wait = (ms) => new Promise((resolve) => setTimeout(resolve, Number(ms) || 20))
const codeMode = await createCodeMode({ sandbox, tools: { wait }, limits: { cpuTimeMs: 300, wallTimeMs: 20_000 } })
const run = async (code) => { const result = await codeMode.execute(code); return result.ok ? result.value : result.error.code }
${body}`

interface Surroundings {
  readonly cwd?: string
  readonly env?: NodeJS.ProcessEnv
}

export const startHost = (body: string, backend: ProcessBackend, surroundings?: Surroundings): ChildProcess =>
  startModule(hostModule(body, backend), backend, surroundings)

export function startModule(text: string, { from }: ProcessBackend, surroundings: Surroundings = {}): ChildProcess {
  return spawn(process.execPath, ['--input-type=module', '--eval', text], {
    cwd: fileURLToPath(new URL('..', from)),
    stdio: ['ignore', 'pipe', 'pipe'],
    ...surroundings,
  })
}

/**
 * Waits until a process exits and returns its output.
 *
 * @throws if it fails, times out or prints to stderr
 */
export async function outputOf(child: ChildProcess, timeoutMs = 50_000): Promise<string> {
  let stdout = ''
  let stderr = ''
  child.stdout?.setEncoding('utf8').on('data', (text) => {
    stdout += text
  })
  child.stderr?.setEncoding('utf8').on('data', (text) => {
    stderr += text
  })
  const timer = setTimeout(() => child.kill('SIGKILL'), timeoutMs)
  const [code, signal] = await once(child, 'close')
  clearTimeout(timer)
  if (code !== 0 || stderr !== '') throw new Error(`code ${code}, signal ${signal}: ${stderr}\n${stdout}`)
  return stdout.trim()
}
