import type { TypedProgram, TypeMistake } from '@glovebox/core'

/** Message to the process that checks. */
export interface CheckRequest extends TypedProgram {
  readonly id: number
}

/** Message of the process that checks. */
export type CheckMessage =
  /** It can check. `pids` are the processes whose memory counts. */
  | { readonly type: 'ready'; readonly engine: string; readonly pids: readonly number[] }
  | { readonly type: 'checked'; readonly id: number; readonly mistakes: readonly TypeMistake[] }
  | { readonly type: 'failed'; readonly id: number; readonly message: string }
