import type { PreparedProgram } from '@glovebox/core/adapter'

/** One piece of work for a reader process. */
export type ReaderWork =
  | { readonly kind: 'read'; readonly text: string }
  /** `schema` is JSON, `payload` the value as the codec writes it. */
  | { readonly kind: 'check'; readonly schema: string; readonly payload: string; readonly side: 'input' | 'output' }

/** Host to reader. */
export type ToReader = ReaderWork | { readonly kind: 'load-typescript' }

export type ReaderAnswer =
  | { readonly program: PreparedProgram }
  | { readonly mistake: string; readonly line: number; readonly column: number }
  | { readonly problems: readonly string[] }
  | { readonly failure: string }

/** Reader to host. */
export type FromReader =
  | { readonly type: 'up' }
  /** The type stripper, which takes about a slice to load: that is not the work's own time. */
  | { readonly type: 'loaded' }
  /** `isTyped`: the work needed the type stripper. `isBroken`: the process must not be used again. */
  | { readonly type: 'done'; readonly answer: ReaderAnswer; readonly isTyped: boolean; readonly isBroken: boolean }
