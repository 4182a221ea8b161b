import { closeSync, openSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { SandboxError } from '@glovebox/core/adapter'

/** Temporary shortages of the system by error code: what is missing, and what to do. */
const SHORTAGES: { readonly [code: string]: string } = {
  EMFILE:
    'too many open files (EMFILE): raise the limit of open files of this process, as by `ulimit -n`, or close files and connections',
  ENFILE: 'too many open files in the whole system (ENFILE): raise its limit, or close files and connections',
  EAGAIN: 'too many processes or threads (EAGAIN): raise the limit of processes, as by `ulimit -u` or of the container',
  ENOMEM: 'out of memory (ENOMEM): give this machine or container more memory',
  ENOBUFS: 'out of memory for buffers (ENOBUFS): give this machine or container more memory',
}
/** Wording of these shortages in libraries and other programs. */
const WORDS: readonly (readonly [pattern: RegExp, code: string])[] = [
  [/\bENFILE\b|too many open files in system/i, 'ENFILE'],
  [/\bEMFILE\b|too many open files/i, 'EMFILE'],
  [/\bEAGAIN\b|resource temporarily unavailable|cannot fork|thread_create/i, 'EAGAIN'],
  [/\bENOMEM\b|cannot allocate memory/i, 'ENOMEM'],
]
const MAX_ATTEMPTS = 5
const FIRST_DELAY_MS = 20

/**
 * Finds the system shortage that an error or a text reports.
 *
 * @returns the code of the system's error, such as `EMFILE`, or undefined if no shortage is reported
 */
export function shortageOf(failure: unknown): string | undefined {
  const { code, message } = (failure instanceof Error ? failure : { message: failure }) as NodeJS.ErrnoException
  if (code !== undefined && Object.hasOwn(SHORTAGES, code)) return code
  return WORDS.find(([pattern]) => pattern.test(String(message)))?.[1]
}

/** Returns what is missing and what to do, if an error or a text reports a system shortage. */
export function shortageReason(failure: unknown): string | undefined {
  const code = shortageOf(failure)
  return code === undefined ? undefined : SHORTAGES[code]
}

/**
 * Creates an error with the actual reason why something could not be started: Node also reports a module as "not found"
 * if no file can be opened.
 *
 * @param what the first half of the message, such as "A process could not be started"
 */
export function unavailableBy(what: string, failure: unknown): SandboxError {
  const told = failure instanceof Error ? failure.message : String(failure)
  const reason = shortageReason(failure) ?? shortageReason(tryToOpen()) ?? told
  return new SandboxError('SANDBOX_UNAVAILABLE', `${what}: ${reason}`, { cause: failure })
}

/**
 * Starts something, and retries for about a third of a second while the system has a shortage.
 *
 * @throws the error of `start`; the signal's reason
 */
export async function retryShortage<Value>(start: () => Promise<Value>, signal?: AbortSignal): Promise<Value> {
  for (let attempt = 1; ; attempt++) {
    signal?.throwIfAborted()
    try {
      return await start()
    } catch (error) {
      if (attempt === MAX_ATTEMPTS || shortageOf(error) === undefined) throw error
    }
    await sleep(FIRST_DELAY_MS * 2 ** (attempt - 1), undefined, signal && { signal }).catch(() => {
      throw signal?.reason
    })
  }
}

function tryToOpen(): unknown {
  try {
    closeSync(openSync(process.execPath, 'r'))
    return ''
  } catch (error) {
    return error
  }
}
