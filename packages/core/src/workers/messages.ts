import type { GuestExit, Program, RunInit, Turn } from '../contract.ts'

/** Between the host and one worker. `guest` numbers the worker's guests; `slot` is where its status is noted. */
export type ToWorker =
  | {
      readonly type: 'make'
      readonly guest: number
      readonly slot: number
      readonly memoryBytes: number
      readonly stackBytes: number
    }
  | {
      readonly type: 'run'
      readonly guest: number
      readonly program: Program
      readonly first: string
      readonly limits: RunInit['limits']
    }
  | { readonly type: 'send'; readonly guest: number; readonly message: string }
  /** They are between two turns, and nobody asks for them any more. */
  | { readonly type: 'drop'; readonly guests: readonly number[] }
  /** Whatever it is at; answered by its exit. */
  | { readonly type: 'end'; readonly guest: number }

export type FromWorker =
  | { readonly type: 'made'; readonly guest: number }
  | { readonly type: 'output'; readonly guest: number; readonly messages: readonly string[] }
  | { readonly type: 'turn'; readonly guest: number; readonly turn: Turn; readonly messages: readonly string[] }
  /** The guest is gone; its worker is as good as before. */
  | { readonly type: 'exit'; readonly guest: number; readonly exit: GuestExit }
  /** The guest must end, and only the end of its worker can end it. */
  | { readonly type: 'stuck'; readonly guest: number; readonly exit: GuestExit }
