import { OriginalPromise, reflectApply, stringSlice } from '../protocol/intrinsics.ts'
import type { Rejection } from '../protocol/messages.ts'
import { describeThrown } from './errors.ts'

/** Maximum number of rejections that are reported, and the maximum length of each in UTF-16 code units. */
const MAX_REPORTED = 3
const MAX_LENGTH = 200

/** Records rejections of promises that a program does not await. Only V8 reports these to its embedder. */
export class UnhandledRejections {
  readonly reported: Rejection[] = []

  /** Watches a promise, or the promises that a function returns. Returns the value to use instead of it. */
  readonly watch = (value: unknown): unknown => {
    if (typeof value === 'function') {
      const { watch } = this
      const callback = value as () => unknown
      return function (this: unknown, ...inputs: unknown[]) {
        return watch(reflectApply(callback, this, inputs as []))
      }
    }
    if (value instanceof OriginalPromise) this.#await(value)
    return value
  }

  async #await(promise: Promise<unknown>): Promise<void> {
    try {
      await promise
    } catch (reason) {
      if (this.reported.length >= MAX_REPORTED) return
      const { name, message, tool } = describeThrown(reason)
      this.reported[this.reported.length] = {
        name: stringSlice(name, 0, MAX_LENGTH),
        message: stringSlice(message, 0, MAX_LENGTH),
        ...(tool !== undefined && { tool }),
      }
    }
  }
}
