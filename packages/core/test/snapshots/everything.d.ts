declare namespace everything {
  /** Echoes back the input string. Read-only. */
  function echo(input: {
    /** Message to echo */
    message: string
  }): Promise<unknown>
  /** Demonstrates how annotations can be used to provide metadata about content. Read-only. */
  function getAnnotatedMessage(input: {
    /** Type of message to demonstrate different annotation patterns */
    messageType: "error" | "success" | "debug"
    /** Whether to include an example image. @default false */
    includeImage?: boolean
  }): Promise<unknown>
  /** Returns all environment variables, helpful for debugging MCP server configuration. Read-only. */
  function getEnv(input?: Record<string, unknown>): Promise<unknown>
  /** Returns up to ten resource links that reference different types of resources. Read-only. */
  function getResourceLinks(input?: {
    /** Number of resource links to return (1-10) 1..10, @default 3 */
    count?: number
  }): Promise<unknown>
  /** Returns a resource reference that can be used by MCP clients. Read-only. */
  function getResourceReference(input?: {
    /** @default "Text" */
    resourceType?: "Text" | "Blob"
    /** ID of the text resource to fetch. @default 1 */
    resourceId?: number
  }): Promise<unknown>
  /** Returns structured content along with an output schema for client data validation. Read-only. */
  function getStructuredContent(input: {
    /** Choose city */
    location: "New York" | "Chicago" | "Los Angeles"
  }): Promise<{
    /** Temperature in celsius */
    temperature: number
    /** Weather conditions description */
    conditions: string
    /** Humidity percentage */
    humidity: number
  }>
  /** Returns the sum of two numbers. Read-only. */
  function getSum(input: {
    /** First number */
    a: number
    /** Second number */
    b: number
  }): Promise<unknown>
  /** Returns a tiny MCP logo image. Read-only. */
  function getTinyImage(input?: Record<string, unknown>): Promise<unknown>
  /** Compresses a single file using gzip compression. Depending upon the selected output type, returns either the compressed data as a gzipped resource or a resource link, allowing it to be downloaded in a subsequent request during the current session. Idempotent. */
  function gzipFileAsResource(input?: {
    /** Name of the output file. @default "README.md.gz" */
    name?: string
    /** URL or data URI of the file content to compress */
    data?: string
    /** How the resulting gzipped file should be returned. 'resourceLink' returns a link to a resource that can be read later, 'resource' returns a full resource object. @default "resourceLink" */
    outputType?: "resourceLink" | "resource"
  }): Promise<unknown>
  /** Toggles simulated, random-leveled logging on or off. */
  function toggleSimulatedLogging(input?: Record<string, unknown>): Promise<unknown>
  /** Toggles simulated resource subscription updates on or off. */
  function toggleSubscriberUpdates(input?: Record<string, unknown>): Promise<unknown>
  /** Demonstrates a long running operation with progress updates. Read-only. */
  function triggerLongRunningOperation(input?: {
    /** Duration of the operation in seconds. @default 10 */
    duration?: number
    /** Number of steps in the operation. @default 5 */
    steps?: number
  }): Promise<unknown>
  /** Lists the current MCP roots provided by the client. Demonstrates the roots protocol capability even though this server doesn't access files. Read-only. */
  function getRootsList(input?: Record<string, unknown>): Promise<unknown>
  /** Trigger a Request from the Server for User Elicitation */
  function triggerElicitationRequest(input?: Record<string, unknown>): Promise<unknown>
  /** Trigger a Request from the Server for LLM Sampling */
  function triggerSamplingRequest(input: {
    /** The prompt to send to the LLM */
    prompt: string
    /** Maximum number of tokens to generate. @default 100 */
    maxTokens?: number
  }): Promise<unknown>
  /** Simulates a deep research operation that gathers, analyzes, and synthesizes information. Demonstrates MCP task-based operations with progress through multiple stages. If 'ambiguous' is true and client supports elicitation, sends an elicitation request for clarification. */
  function simulateResearchQuery(input: {
    /** The research topic to investigate */
    topic: string
    /** Simulate an ambiguous query that requires clarification (triggers input_required status) @default false */
    ambiguous?: boolean
  }): Promise<unknown>
}
