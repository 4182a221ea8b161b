/** Name of our entry among the servers of a host. */
export const OURS = 'glovebox'

/** Command with which a host starts the gateway. */
export interface GatewayCommand {
  readonly command: string
  readonly args: readonly string[]
}

/** Configuration file of a host, as its text has the servers. */
export interface HostFile {
  /** Names of the servers that move behind the gateway. */
  readonly moving: readonly string[]
  /** Names of the servers that stay, because only the host can fill in their inputs. */
  readonly staying: readonly string[]
  /** Whether our entry is among the servers. */
  readonly isConnected: boolean
  /** Text with the servers, as it stands in the file. */
  readonly servers: string
  /** Returns the text of a configuration file with the servers that move. */
  behind(): string
  /** Returns the text with our entry instead of the servers that move. Nothing else in it changes. */
  withOurs(entry: GatewayCommand): string
  /**
   * Returns the text with the servers instead of our entry. What was added or changed since stays.
   *
   * @param servers text with the servers, as it was
   */
  withoutOurs(servers: string): string
}
