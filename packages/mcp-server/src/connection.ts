import type { Server } from '@modelcontextprotocol/server'

/** A connection with a client, which may be for one request only. */
export interface Connection {
  readonly server: Server
  readonly isFirstGeneration: boolean
  /** Number of requests that are being answered. */
  openRequests: number
  /** Level below which a client of the first generation wants no log messages. Default: `info` */
  logLevel?: string
}
