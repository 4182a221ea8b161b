import type { GuestExit, Program, RunInit, Turn } from '../contract/adapter.ts'

/** Message from the host to a worker. `guest` is the number of a guest; `slot` is where its status is stored. */
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
  /** Drops guests that are between two turns and no longer needed. */
  | { readonly type: 'drop'; readonly guests: readonly number[] }
  /** Ends a guest, also during a turn. The worker responds with the guest's exit. */
  | { readonly type: 'end'; readonly guest: number }

/** Message from a worker to the host. */
export type FromWorker =
  | { readonly type: 'made'; readonly guest: number }
  | { readonly type: 'output'; readonly guest: number; readonly messages: readonly string[] }
  | { readonly type: 'turn'; readonly guest: number; readonly turn: Turn; readonly messages: readonly string[] }
  /** The guest has exited. Its worker can be reused. */
  | { readonly type: 'exit'; readonly guest: number; readonly exit: GuestExit }
  /** The guest must end, and only killing its worker can end it. */
  | { readonly type: 'stuck'; readonly guest: number; readonly exit: GuestExit }
