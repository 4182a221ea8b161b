import type { JsonSchema, ToolAnnotations } from '@glovebox/core'

/**
 * State of a connection. `connecting`: it is being opened. `ready`: calls reach the server. `degraded`: the connection was
 * lost, and the next call opens it again. `authenticating`: a person has to log in. `failed`: it could not be opened
 * again; calls fail until a later attempt succeeds. `closed`: the host closed it.
 */
export type McpState = 'connecting' | 'ready' | 'degraded' | 'authenticating' | 'failed' | 'closed'

/** Definition of a tool by its server. */
export interface ToolDefinition {
  readonly description?: string
  readonly inputSchema: JsonSchema
  readonly outputSchema?: JsonSchema
  readonly annotations?: ToolAnnotations
}

/** A tool that is held back until it is allowed. */
export interface HeldTool {
  readonly tool: string
  /** Definition that was allowed. Absent for a new tool. */
  readonly before?: ToolDefinition
  readonly after: ToolDefinition
}

/** A server and the connection to it. */
export interface McpStatus {
  readonly state: McpState
  /** Name and version that the server reports. Absent until it was connected once. */
  readonly server?: { readonly name: string; readonly version: string }
  /** Revision of the protocol. Absent until it was connected once. */
  readonly protocol?: string
  /** Number of tools that programs can call. */
  readonly tools: number
  /** Malformed parts of the server's tools, and how they were treated. */
  readonly warnings: readonly string[]
  /** Tools that are held back because they are new or have changed. Empty without `pins`. */
  readonly held: readonly HeldTool[]
  /** Why the state is `degraded` or `failed`. */
  readonly error?: Error
}

/** Something that happened on a connection. */
export type McpEvent =
  | { readonly type: 'state'; readonly server: string; readonly state: McpState; readonly error?: Error }
  | { readonly type: 'warning'; readonly server: string; readonly message: string }
  | {
      readonly type: 'log'
      readonly server: string
      readonly level: string
      readonly data: unknown
      /** Name of the part of the server that wrote it. */
      readonly logger?: string | undefined
      /** The `context` of each call that is open at the server. */
      readonly contexts: readonly unknown[]
    }
  | {
      readonly type: 'progress'
      readonly server: string
      readonly tool: string
      readonly progress: number
      readonly total?: number | undefined
      readonly message?: string | undefined
    }

/** Origin of a request that a server makes. */
export interface ServerRequest {
  /** Name of the server. */
  readonly server: string
  /**
   * The `context` of each call that is open at the server, without repetitions. The request belongs to one of them. Servers
   * of the revisions before 2026-07-28 do not say to which, and may ask late: theirs are also the calls that ended within the
   * last minute.
   */
  readonly contexts: readonly unknown[]
}

/** A form that the server wants the user to fill in, or a page that the user should visit. */
export type ElicitRequest =
  | (ServerRequest & {
      readonly mode: 'form'
      readonly message: string
      /** JSON Schema of the content: an object of texts, numbers, booleans and enums. */
      readonly schema: object
    })
  | (ServerRequest & { readonly mode: 'url'; readonly message: string; readonly url: string })

/** The user's answer. Missing fields get their defaults. */
export type ElicitAnswer =
  | { readonly action: 'accept'; readonly content?: Readonly<Record<string, string | number | boolean | string[]>> }
  | { readonly action: 'decline' | 'cancel' }

/** Request for a message of a language model. `params` is as the Model Context Protocol defines `sampling/createMessage`. */
export interface SampleRequest extends ServerRequest {
  readonly params: Readonly<Record<string, unknown>>
}

/** Message of a language model, as the Model Context Protocol defines it. */
export interface SampleResult {
  readonly role: 'assistant'
  readonly model: string
  readonly content: { readonly type: 'text'; readonly text: string }
  readonly stopReason?: string
}

/** Directory that a server may use. */
export interface Root {
  /** URL of the directory, with the scheme `file:`. */
  readonly uri: string
  readonly name?: string
}
