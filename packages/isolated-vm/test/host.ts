import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

const folder = fileURLToPath(new URL('..', import.meta.url))
interface Packages {
  readonly core: string
  readonly adapter: string
}

/** As a bundler finds them. */
export const NAMED: Packages = { core: '@glovebox/core', adapter: '@glovebox/isolated-vm' }
/** As a module without a place of its own finds them. */
const RESOLVED: Packages = {
  core: import.meta.resolve(NAMED.core),
  adapter: import.meta.resolve(NAMED.adapter),
}

/** A host in a module of its own; `run(code)` gives a program's value or its error's code. */
export const hostModule = (body: string, packages: Packages = RESOLVED): string => `
import { createCodeMode } from ${JSON.stringify(packages.core)}
import { isolatedVm } from ${JSON.stringify(packages.adapter)}
const sandbox = isolatedVm()
const wait = (ms) => new Promise((resolve) => setTimeout(resolve, Number(ms) || 20))
const codeMode = await createCodeMode({ sandbox, tools: { wait }, limits: { cpuTimeMs: 300, wallTimeMs: 20_000 } })
const run = async (code) => { const result = await codeMode.execute(code); return result.ok ? result.value : result.error.code }
${body}`

interface Surroundings {
  readonly cwd?: string
  readonly env?: NodeJS.ProcessEnv
}

export const startHost = (body: string, surroundings?: Surroundings): ChildProcess =>
  startModule(hostModule(body), surroundings)

export function startModule(text: string, surroundings: Surroundings = {}): ChildProcess {
  return spawn(process.execPath, ['--input-type=module', '--eval', text], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'pipe'],
    ...surroundings,
  })
}

/** What a process prints until it ends by itself. @throws if it fails, or says anything on stderr */
export async function outputOf(child: ChildProcess): Promise<string> {
  let stdout = ''
  let stderr = ''
  child.stdout?.setEncoding('utf8').on('data', (text) => {
    stdout += text
  })
  child.stderr?.setEncoding('utf8').on('data', (text) => {
    stderr += text
  })
  const timer = setTimeout(() => child.kill('SIGKILL'), 50_000)
  const [code, signal] = await once(child, 'close')
  clearTimeout(timer)
  if (code !== 0 || stderr !== '') throw new Error(`code ${code}, signal ${signal}: ${stderr}\n${stdout}`)
  return stdout.trim()
}
