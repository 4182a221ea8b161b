import type { GuestExit, GuestRuntime, Program, RunInit, Turn } from '@glovebox/core/adapter'

/** Between the host and one worker thread. `guest` numbers the worker's guests, one after the other. */
export type ToWorker =
  | { readonly type: 'make'; readonly guest: number; readonly memoryBytes: number; readonly stackBytes: number }
  | {
      readonly type: 'run'
      readonly guest: number
      readonly program: Program
      readonly first: string
      readonly limits: RunInit['limits']
    }
  | { readonly type: 'send'; readonly guest: number; readonly message: string }
  | { readonly type: 'drop'; readonly guest: number }

export type FromWorker =
  | { readonly type: 'made'; readonly guest: number }
  | { readonly type: 'output'; readonly guest: number; readonly messages: readonly string[] }
  | { readonly type: 'turn'; readonly guest: number; readonly turn: Turn; readonly messages: readonly string[] }
  | { readonly type: 'exit'; readonly guest: number; readonly exit: GuestExit }

export interface WorkerData {
  readonly module: WebAssembly.Module
  readonly initialPages: number
  readonly runtime: GuestRuntime
}
