import type { PreparedProgram } from '@glovebox/core/adapter'

/** One piece of work for a reader process. */
export type ReaderWork =
  | { readonly kind: 'read'; readonly text: string }
  /** `schema` is JSON; `payload` is the value as the codec encodes it. */
  | { readonly kind: 'check'; readonly schema: string; readonly payload: string; readonly side: 'input' | 'output' }

/** Message from the host to a reader. */
export type ToReader = ReaderWork | { readonly kind: 'load-typescript' }

export type ReaderAnswer =
  | { readonly program: PreparedProgram }
  | { readonly mistake: string; readonly line: number; readonly column: number }
  | { readonly problems: readonly string[] }
  | { readonly failure: string }

/** Message from a reader to the host. */
export type FromReader =
  | { readonly type: 'up' }
  /** The type stripper has loaded. Loading takes about one slice, which does not count as time of the work. */
  | { readonly type: 'loaded' }
  /** `isTyped`: the work needed the type stripper. `isBroken`: the process must not be used again. */
  | { readonly type: 'done'; readonly answer: ReaderAnswer; readonly isTyped: boolean; readonly isBroken: boolean }
