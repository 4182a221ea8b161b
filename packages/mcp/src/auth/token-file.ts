import { createHash, randomUUID } from 'node:crypto'
import { readFile, rename, rm, writeFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import type { TokenStore } from '../contract/auth.ts'
import { withFileLock } from './file-lock.ts'

/** Implements `fileTokenStore()`. */
export function openTokenFile(path: string): Required<TokenStore> {
  const file = resolve(path)
  const read = async (): Promise<Record<string, string>> => {
    const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return '{}'
      throw error
    })
    return JSON.parse(text) as Record<string, string>
  }
  const change = (work: (values: Record<string, string>) => void): Promise<void> =>
    withFileLock(`${file}.lock`, async () => {
      const values = await read()
      work(values)
      const temporary = `${file}.${randomUUID()}`
      try {
        await writeFile(temporary, JSON.stringify(values, undefined, 2), { mode: 0o600, flush: true, flag: 'wx' })
        await rename(temporary, file)
      } finally {
        await rm(temporary, { force: true })
      }
    })
  return {
    get: async (key) => (await read())[key],
    set: (key, value) =>
      change((values) => {
        values[key] = value
      }),
    delete: (key) =>
      change((values) => {
        delete values[key]
      }),
    exclusive: (key, work) => {
      const id = createHash('sha256').update(key).digest('hex').slice(0, 16)
      return withFileLock(`${file}.${id}.lock`, work)
    },
  }
}
