/** Describes one tool to the search index. */
export interface ToolDocument {
  /** Unique path, such as `github.listIssues`. */
  readonly path: string
  /** Name as the server gave it, such as `list_issues`. */
  readonly name: string
  readonly description?: string | undefined
  readonly parameters?: readonly ToolDocumentParameter[] | undefined
}

export interface ToolDocumentParameter {
  readonly name: string
  readonly description?: string | undefined
}
