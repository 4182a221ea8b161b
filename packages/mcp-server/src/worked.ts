import type { InputRequiredResult } from '@modelcontextprotocol/server'
import type { ApprovalState } from './approvals.ts'

/** State that a client sends back to a server through us. */
export interface PassedState {
  readonly server: string
  /** State as the server gave it. */
  readonly state: string
}

/** State that a client sent back for the work. */
export interface SentBack {
  readonly run?: ApprovalState
  readonly passed?: PassedState
}

/** Result of the work: that of the request, or the questions for the client, with the state that it sends back. */
export type Worked<Result> =
  | { readonly result: Result }
  | ({
      readonly ask: InputRequiredResult
      /** Result if the client fails to ask its user. Default: the request fails */
      readonly otherwise?: Result
    } & SentBack)
